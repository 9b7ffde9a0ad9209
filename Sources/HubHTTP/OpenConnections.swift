package import Journal
package import NIOCore
internal import NIOSSL
internal import PKI
internal import Synchronization

/// Connections whose peer showed a certificate, by its serial: so that they end when it is revoked, and when it
/// expires.
package final class OpenConnections: EndingSubscriber {
    /// Ends one connection, on its event loop.
    package typealias End = @Sendable (any Channel, PeerLoss) -> Void

    private struct Open {
        let channel: any Channel
        /// When its certificate is good for nothing any more, Unix seconds.
        let end: Int64
    }

    private struct Table {
        var connections: [Serial: [ObjectIdentifier: Open]] = [:]
        /// No certificate ends before, so that mostly there is nothing to look through.
        var firstEnd = Int64.max
    }

    private let table = Mutex(Table())
    private let end: End

    /// No connection yet.
    ///
    /// - Parameter end: what becomes of a connection; it is cut, unless its protocol has something to say first. Then
    ///   that protocol bounds the time, and takes nothing from the peer any more.
    package init(end: @escaping End = { channel, _ in OpenConnections.cut(channel) }) {
        self.end = end
    }

    /// How many connections are known.
    package var count: Int { table.withLock { $0.connections.values.reduce(0) { $0 + $1.count } } }

    package func hear(_ ending: Ending) {
        switch ending {
        case .certificates(let serials): close(serials)
        case .time(let now): closeExpired(at: now)
        case .device, .deviceLink, .linkKey, .tunnelToken, .userToken, .user, .clockSetBack: break
        }
    }

    /// Ends every connection of these certificates at once.
    private func close(_ serials: [Serial]) {
        close(
            table.withLock { table in serials.flatMap { table.connections[$0]?.values.map(\.channel) ?? [] } },
            .revoked)
    }

    /// Ends every connection whose certificate has expired. No timer is trusted to run when that happens: the time of
    /// day may jump.
    private func closeExpired(at now: Int64) {
        close(
            table.withLock { table in
                guard table.firstEnd < now else { return [] }
                let all = table.connections.values.lazy.flatMap(\.values)
                table.firstEnd = all.map(\.end).filter { $0 >= now }.min() ?? .max
                return all.filter { $0.end < now }.map(\.channel)
            }, .ended)
    }

    private func close(_ ending: [any Channel], _ loss: PeerLoss) {
        for channels in Dictionary(grouping: ending, by: { ObjectIdentifier($0.eventLoop) }).values {
            Self.close(channels[...], loss, end)
        }
    }

    /// Connections of one loop that end in one of its turns; others have theirs between. A task that is due at once
    /// would not do for that: the loop runs all of those before it looks at connections.
    private static let turn = 128
    private static let pause = TimeAmount.microseconds(50)

    private static func close(_ channels: ArraySlice<any Channel>, _ loss: PeerLoss, _ end: @escaping End) {
        channels.first?.eventLoop.scheduleTask(in: pause) {
            for channel in channels.prefix(turn) { end(channel, loss) }
            close(channels.dropFirst(turn), loss, end)
        }
    }

    /// Closes a connection without the goodbye of TLS, whatever its peer goes on sending: who shows a revoked
    /// certificate is not waited for. Called on its event loop.
    package static func cut(_ channel: any Channel) {
        // Closing begins at the handler of TLS and goes to the socket, so that handler is not asked.
        guard let tls = try? channel.pipeline.syncOperations.context(handlerType: NIOSSLServerHandler.self) else {
            return channel.close(promise: nil)
        }
        tls.close(promise: nil)
    }

    /// - Parameter end: when the certificate is good for nothing any more, Unix seconds.
    func add(_ channel: any Channel, for serial: Serial, until end: Int64) {
        table.withLock { table in
            table.connections[serial, default: [:]][ObjectIdentifier(channel)] = Open(channel: channel, end: end)
            table.firstEnd = min(table.firstEnd, end)
        }
        channel.closeFuture.whenComplete { [weak self] _ in self?.remove(channel, for: serial) }
    }

    private func remove(_ channel: any Channel, for serial: Serial) {
        table.withLock { table in
            table.connections[serial]?[ObjectIdentifier(channel)] = nil
            if table.connections[serial]?.isEmpty == true { table.connections[serial] = nil }
        }
    }
}
