internal import NIOCore
package import PKI
internal import Synchronization

/// Connections whose peer showed a certificate, by its serial: so that they end when it is taken back.
package final class OpenConnections: Sendable {
    private let channels = Mutex<[Serial: [ObjectIdentifier: any Channel]]>([:])

    /// No connection yet.
    package init() {}

    /// How many connections are known.
    package var count: Int { channels.withLock { $0.values.reduce(0) { $0 + $1.count } } }

    /// Ends every connection of these certificates at once; whatever runs on them is cancelled.
    package func close(_ serials: [Serial]) {
        let ending = channels.withLock { channels in serials.flatMap { channels[$0]?.values.map(\.self) ?? [] } }
        for channel in ending { channel.close(promise: nil) }
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
