internal import NIOCore
internal import Synchronization

/// A long body on its way from the event loop to the route that reads it. At most ``ServerLimits/waitingBody`` bytes
/// wait in it: the connection is not read meanwhile. One reader.
final class BodyPipe: AsyncSequence, Sendable {
    typealias Element = ByteBuffer

    private enum End {
        case whole
        case broken(any Error)
    }

    private struct State {
        var parts: [ByteBuffer] = []
        var bytes = 0
        var end: End?
        /// Small parts are copied together: each keeps the whole buffer it was read into.
        mutating func append(_ part: ByteBuffer) {
            bytes += part.readableBytes
            if let last = parts.indices.last, parts[last].readableBytes + part.readableBytes <= 4096 {
                parts[last].writeImmutableBuffer(part)
            } else {
                parts.append(part)
            }
        }

        var reader: (@Sendable (Result<ByteBuffer?, any Error>) -> Void)?
    }

    private let state = Mutex(State())
    private let onWanted: @Sendable () -> Void

    /// - Parameter onWanted: called when the reader waits for more.
    init(onWanted: @escaping @Sendable () -> Void) {
        self.onWanted = onWanted
    }

    /// Bytes that wait for the reader.
    var waitingBytes: Int { state.withLock(\.bytes) }

    /// Whether the reader waits for more.
    var hasReader: Bool { state.withLock { $0.reader != nil } }

    /// More of the body.
    func push(_ part: ByteBuffer) {
        let reader = state.withLock { state in
            if let reader = state.reader.take() { return Optional(reader) }
            state.append(part)
            return nil
        }
        reader?(.success(part))
    }

    /// The body is whole.
    func finish() {
        end(.whole)
    }

    /// The rest of the body will not come, or can't be understood.
    func fail(_ error: any Error) {
        end(.broken(error))
    }

    private func end(_ end: End) {
        let reader = state.withLock { state in
            if state.end == nil { state.end = end }
            return state.reader.take()
        }
        guard let reader else { return }
        switch end {
        case .whole: reader(.success(nil))
        case .broken(let error): reader(.failure(error))
        }
    }

    /// Gives the reader what waits, as one part; `nil` at the end. Without anything it is asked for.
    ///
    /// - Parameter take: called once, maybe later and from another thread.
    func next(_ take: @escaping @Sendable (Result<ByteBuffer?, any Error>) -> Void) {
        let (result, mustAsk) = state.withLock { state -> (Result<ByteBuffer?, any Error>?, Bool) in
            if !state.parts.isEmpty {
                let parts = state.parts
                state.parts = []
                state.bytes = 0
                return (.success(Self.joined(parts)), state.end == nil)
            }
            switch state.end {
            case .whole: return (.success(nil), false)
            case .broken(let error): return (.failure(error), false)
            case nil:
                state.reader = take
                return (nil, true)
            }
        }
        if let result { take(result) }
        if mustAsk { onWanted() }
    }

    private static func joined(_ parts: [ByteBuffer]) -> ByteBuffer {
        guard parts.count > 1 else { return parts.first ?? ByteBuffer() }
        var whole = ByteBuffer()
        whole.reserveCapacity(parts.reduce(0) { $0 + $1.readableBytes })
        for part in parts { whole.writeImmutableBuffer(part) }
        return whole
    }

    func makeAsyncIterator() -> Iterator {
        Iterator(pipe: self)
    }

    struct Iterator: AsyncIteratorProtocol {
        fileprivate let pipe: BodyPipe

        mutating func next() async throws -> ByteBuffer? {
            try await withCheckedThrowingContinuation { continuation in
                pipe.next { continuation.resume(with: $0) }
            }
        }
    }
}
