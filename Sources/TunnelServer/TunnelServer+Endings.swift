internal import HubHTTP
package import Journal
internal import NIOCore
internal import Wire

/// Tunnels whose right is gone end with a reason for both of their ends, then the connections close: what an end sends
/// meanwhile is dropped, and after ``TunnelSettings/closeTimeout`` nobody is waited for.
extension TunnelServer: EndingSubscriber {
    package func hear(_ ending: Ending) {
        switch ending {
        case .certificates: connections.hear(ending)
        case .device(let device):
            onLoopLater { core in core.end(core.ends.values.filter { core.isAbout($0, device) }) }
        case .tunnelToken(let id): onLoopLater { core in core.end(core.ends.values.filter { $0.pass?.tokenID == id }) }
        case .time(let now):
            connections.hear(ending)
            onLoopLater { core in core.endExpired(at: now) }
        case .deviceLink, .linkKey, .userToken, .user, .clockSetBack: break
        }
    }
}

extension TunnelCore {
    /// Ends the end of a connection whose certificate is not valid any more; one that is not an end yet has nothing to
    /// say.
    static func end(_ channel: any Channel, _ loss: PeerLoss) {
        guard let end = try? channel.pipeline.syncOperations.handler(type: TunnelEnd.self) else {
            return OpenConnections.cut(channel)
        }
        switch loss {
        case .revoked: end.core.end([end], because: .revoked)
        case .ended: end.core.end([end], because: .expired)
        }
    }

    fileprivate func end(_ ending: [TunnelEnd], because words: TunnelFarewell = .revoked) {
        end(ending, words)
        flush()
    }

    /// Whether an end belongs to a device, or reaches it through the server of that device.
    fileprivate func isAbout(_ end: TunnelEnd, _ device: DeviceID) -> Bool {
        if let id = end.pass?.deviceID { return DeviceID(id) == device }
        guard case .client(let server, _) = end.phase else { return false }
        return DeviceID(server.pass?.deviceID) == device
    }

    /// Ends those whose right was valid until an earlier moment.
    fileprivate func endExpired(at now: Int64) {
        guard firstExpiry < now else { return }
        let limited = ends.values.compactMap { end in end.pass?.validUntil.map { (end, $0) } }
        firstExpiry = limited.map(\.1).filter { $0 >= now }.min() ?? .max
        end(limited.filter { $0.1 < now }.map(\.0), because: .expired)
    }
}
