internal import Synchronization

/// Counts the bytes of a streamed body against its announced length: one byte more or less would be read by the peer as
/// the beginning of another request, or make it wait forever.
final class BodyCount: Sendable {
    private let limit: Int?
    private let count = Mutex(0)

    init(limit: Int?) {
        self.limit = limit
    }

    /// Adds a chunk; returns the total so far.
    func add(_ bytes: Int) throws -> Int {
        let total = count.withLock { count in
            count += bytes
            return count
        }
        guard total <= limit ?? total else { throw TransportError.invalidRequest(reason: "body longer than announced") }
        return total
    }

    /// Checks that all was written.
    func finish() throws {
        guard let limit else { return }
        guard count.withLock({ $0 }) == limit else {
            throw TransportError.invalidRequest(reason: "body shorter than announced")
        }
    }
}
