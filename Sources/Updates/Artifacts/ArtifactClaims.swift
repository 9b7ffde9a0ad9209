internal import Synchronization

/// Digests of the files that have their place while the row that names them is still being written: nobody removes
/// such a file, although no artifact has it yet.
final class ArtifactClaims: Sendable {
    /// How many uploads are at this point, by digest.
    private let counts = Mutex<[String: Int]>([:])

    /// Claims a file, until it is released as often as it was claimed.
    func claim(_ digest: String) {
        counts.withLock { $0[digest, default: 0] += 1 }
    }

    func release(_ digest: String) {
        counts.withLock { counts in
            let count = counts[digest, default: 1] - 1
            counts[digest] = count > 0 ? count : nil
        }
    }

    /// Works on a file unless it is claimed; it can't be claimed before the work is done.
    func whileUnclaimed(_ digest: String, _ work: () throws -> Void) rethrows {
        try counts.withLock { counts in
            guard counts[digest] == nil else { return }
            try work()
        }
    }
}
