internal import PKI
internal import Synchronization

/// Which certificates were revoked, in memory: asked at every handshake and request with a certificate.
///
/// Changed only after the store holds the change durably; what is derived from it compares ``version``.
final class RevocationIndex: Sendable {
    /// The last 16 octets of a serial: all of those the hub makes, in a quarter of the memory of an array.
    private struct Key: Hashable {
        let high: UInt64
        let low: UInt64

        init(_ serial: Serial) {
            var words: (high: UInt64, low: UInt64) = (0, 0)
            for byte in serial.bytes.suffix(16) {
                words.high = words.high << 8 | words.low >> 56
                words.low = words.low << 8 | UInt64(byte)
            }
            (high, low) = words
        }
    }

    private struct State {
        var serials: Set<Key> = []
        var version = 0
    }

    private let state = Mutex(State())

    /// Grows with every change.
    var version: Int { state.withLock(\.version) }

    func contains(_ serial: Serial) -> Bool {
        let key = Key(serial)
        return state.withLock { $0.serials.contains(key) }
    }

    func insert(_ serials: some Sequence<Serial>) {
        let keys = serials.map(Key.init)
        state.withLock { state in
            state.serials.formUnion(keys)
            state.version += 1
        }
    }

    func remove(_ serials: some Sequence<Serial>) {
        let keys = serials.map(Key.init)
        state.withLock { state in
            state.serials.subtract(keys)
            state.version += 1
        }
    }
}
