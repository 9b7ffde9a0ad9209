internal import PKI
internal import Synchronization

/// Signatures that were good lately: whoever listened in, at a proxy that ends TLS say, can't come in with one of them.
/// In memory: a restart forgets them, and each is old in a minute and a half.
final class ReplayMemory: Sendable {
    /// By digest: the second until which it is remembered, of a clock that nobody sets.
    private let seen = Mutex<[[UInt8]: Int64]>([:])
    private let capacity: Int

    init(capacity: Int = 50_000) {
        self.capacity = capacity
    }

    /// Remembers a signature; answers whether it is new. Past the capacity new ones are taken and not remembered: it
    /// needs the secret to make one, and devices must get in.
    func isNew(_ signature: String, of key: String, seconds: Int64, now: Int64) -> Bool {
        let digest = SHA256.hash(Array("\(key)\n\(signature)".utf8))
        return seen.withLock { seen in
            if let end = seen[digest], end > now { return false }
            if seen.count >= capacity { seen = seen.filter { $0.value > now } }
            if seen.count < capacity { seen[digest] = now + seconds }
            return true
        }
    }
}
