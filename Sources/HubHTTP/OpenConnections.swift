package import NIOCore
internal import NIOSSL
package import PKI
internal import Synchronization

/// Connections whose peer showed a certificate, by its serial: so that they end when it is taken back.
package final class OpenConnections: Sendable {
    private let channels = Mutex<[Serial: [ObjectIdentifier: any Channel]]>([:])

    /// No connection yet.
    package init() {}

    /// How many connections are known.
    package var count: Int { channels.withLock { $0.values.reduce(0) { $0 + $1.count } } }

    /// Ends every connection of these certificates at once, without the goodbye of TLS: who shows a revoked certificate is
    /// not waited for.
    package func close(_ serials: [Serial]) {
        let ending = channels.withLock { channels in serials.flatMap { channels[$0]?.values.map(\.self) ?? [] } }
        for channels in Dictionary(grouping: ending, by: { ObjectIdentifier($0.eventLoop) }).values {
            Self.cut(channels[...])
        }
    }

    /// Connections of one loop that end in one of its turns; others have theirs between. A task that is due at once would not do for that: the
    /// loop runs all of those before it looks at connections.
    private static let turn = 128
    private static let pause = TimeAmount.microseconds(50)

    private static func cut(_ channels: ArraySlice<any Channel>) {
        channels.first?.eventLoop.scheduleTask(in: pause) {
            for channel in channels.prefix(turn) { cut(channel) }
            cut(channels.dropFirst(turn))
        }
    }

    /// Closes a connection without the goodbye of TLS, whatever its peer goes on sending. Called on its event loop.
    package static func cut(_ channel: any Channel) {
        // Closing begins at the handler of TLS and goes to the socket, so that handler is not asked.
        guard let tls = try? channel.pipeline.syncOperations.context(handlerType: NIOSSLServerHandler.self) else {
            return channel.close(promise: nil)
        }
        tls.close(promise: nil)
    }

    func add(_ channel: any Channel, for serial: Serial) {
        channels.withLock { $0[serial, default: [:]][ObjectIdentifier(channel)] = channel }
        channel.closeFuture.whenComplete { [weak self] _ in self?.remove(channel, for: serial) }
    }

    private func remove(_ channel: any Channel, for serial: Serial) {
        channels.withLock { channels in
            channels[serial]?[ObjectIdentifier(channel)] = nil
            if channels[serial]?.isEmpty == true { channels[serial] = nil }
        }
    }
}
