internal import NIOCore
internal import NIOPosix

/// TCP connections that programs of this machine open to us.
package enum LocalListener {
    /// Takes connections until the task is cancelled, each served in a task of its own. A program that says that it
    /// sends no more can still be sent to.
    ///
    /// - Parameters:
    ///   - port: 0 for any free one.
    ///   - onBound: told the port in force.
    ///   - serve: the connection is closed when it returns.
    /// - Throws: ``TransportError/cannotConnect(reason:)`` when the port can't be had.
    package static func run(
        host: String, port: Int, onBound: @Sendable (Int) -> Void,
        serve: @escaping @Sendable (LocalConnection) async -> Void
    ) async throws {
        let listener: NIOAsyncChannel<NIOAsyncChannel<ByteBuffer, ByteBuffer>, Never>
        do {
            listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.allowRemoteHalfClosure, value: true)
                .bind(host: host, port: port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try NIOAsyncChannel(
                            wrappingChannelSynchronously: channel,
                            configuration: .init(backPressureStrategy: .init(lowWatermark: 2, highWatermark: 4)))
                    }
                }
        } catch {
            throw TransportError.translating(error)
        }
        onBound(listener.channel.localAddress?.port ?? port)
        try await withThrowingDiscardingTaskGroup { group in
            try await listener.executeThenClose { connections in
                for try await connection in connections {
                    group.addTask {
                        // A program that goes away is not an error of ours.
                        try? await connection.executeThenClose { inbound, outbound in
                            await serve(LocalConnection(inbound: inbound, outbound: outbound))
                        }
                    }
                }
            }
        }
    }
}

/// A connection of a program of this machine.
package struct LocalConnection: Sendable {
    let inbound: NIOAsyncChannelInboundStream<ByteBuffer>
    let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>

    /// Hands over what the program sends, no faster than `take` takes it, until it stops. May be called once.
    package func receive(_ take: ([UInt8]) async throws -> Void) async throws {
        for try await buffer in inbound { try await take(Array(buffer.readableBytesView)) }
    }

    /// Sends bytes to the program; returns when there is room for more.
    package func write(_ bytes: [UInt8]) async throws {
        try await outbound.write(ByteBuffer(bytes: bytes))
    }
}
