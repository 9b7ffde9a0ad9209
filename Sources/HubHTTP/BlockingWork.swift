internal import NIOCore
internal import NIOPosix

/// Work that may wait for a disk, on threads made for waiting: the few that run all tasks would wait with it, and every
/// connection with them.
package enum BlockingWork {
    /// Runs it and waits for its end; also when the task is cancelled meanwhile, once it has begun.
    package static func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await NIOThreadPool.singleton.runIfActive(work)
    }

    /// Begins it; its result comes by way of the event loop.
    static func begin<Value: Sendable>(
        before eventLoop: any EventLoop, _ work: @escaping @Sendable () throws -> Value
    ) -> EventLoopFuture<Value> {
        NIOThreadPool.singleton.runIfActive(eventLoop: eventLoop, work)
    }
}

/// Gathers bytes that arrive in small pieces, so that a change of threads moves many of them at once.
package struct GatheredWriting {
    /// Bytes that are handed over together.
    private static let partSize = 256 * 1024

    private var gathered: [UInt8] = []
    private let write: @Sendable ([UInt8]) throws -> Void

    /// - Parameter write: takes the bytes in their order; runs as ``BlockingWork``.
    package init(_ write: @escaping @Sendable ([UInt8]) throws -> Void) {
        self.write = write
        gathered.reserveCapacity(Self.partSize)
    }

    /// Takes more bytes.
    package mutating func take(_ bytes: some Collection<UInt8>) async throws {
        gathered.append(contentsOf: bytes)
        if gathered.count >= Self.partSize { try await handOver() }
    }

    /// Hands over what is left.
    ///
    /// - Parameter last: comes behind it, as ``BlockingWork``.
    package mutating func end(_ last: @escaping @Sendable () throws -> Void) async throws {
        try await handOver()
        try await BlockingWork.run(last)
    }

    private mutating func handOver() async throws {
        guard !gathered.isEmpty else { return }
        let part = gathered
        gathered = []
        try await BlockingWork.run { [write] in try write(part) }
        gathered.reserveCapacity(Self.partSize)
    }
}
