/// Under which authority the hub names itself in the URLs of an answer: the one place that decides it.
///
/// A device that came through a port mapping, an ssh tunnel or under another of the hub's names can follow only a link
/// that leads the same way, so the authority of the request is kept, whatever its port, when its host is the hub.
/// Another host is never repeated: who asks could make the hub send others there.
package struct HubAuthority: Sendable {
    private let names: @Sendable () -> [String]
    private let addresses: @Sendable () -> [String]
    private let updatesURL: @Sendable () -> String

    /// - Parameters:
    ///   - names: DNS names of the hub, the one it would rather be called by first.
    ///   - addresses: of its interfaces, loopback among them.
    ///   - updatesURL: where devices get their updates whatever they ask; empty: the way they came.
    package init(
        names: @escaping @Sendable () -> [String], addresses: @escaping @Sendable () -> [String],
        updatesURL: @escaping @Sendable () -> String
    ) {
        self.names = names
        self.addresses = addresses
        self.updatesURL = updatesURL
    }

    /// The URLs that lead the way a request came.
    ///
    /// - Parameters:
    ///   - authority: what the request named.
    ///   - peer: address the request came from.
    ///   - port: of the TLS listener; `nil` when it is off.
    package func way(_ authority: String?, from peer: String, port: Int?) -> RequestWay {
        let kept = kept(authority, from: peer)
        let host = kept?.host ?? fallback
        let origin = "https://" + (kept?.text ?? port.map { "\(host):\($0)" } ?? host)
        let updates = updatesURL()
        return RequestWay(origin: origin, updates: updates.isEmpty ? origin : updates, host: host)
    }

    /// Scheme, host and port of URLs that lead back to the TLS listener.
    package func origin(_ authority: String?, from peer: String, port: Int?) -> String {
        way(authority, from: peer, port: port).origin
    }

    /// The same for what devices fetch updates from: `updates.url` wins.
    package func updatesOrigin(_ authority: String?, from peer: String, port: Int?) -> String {
        way(authority, from: peer, port: port).updates
    }

    /// Host of URLs that lead to another listener, in brackets when it is IPv6: what is known of the way tells nothing
    /// of its port.
    package func host(_ authority: String?, from peer: String) -> String {
        way(authority, from: peer, port: nil).host
    }

    private var fallback: String { names().first ?? "localhost" }

    private func kept(_ authority: String?, from peer: String) -> RequestAuthority? {
        guard let authority = authority.flatMap(RequestAuthority.init) else { return nil }
        guard authority.isLoopback || authority.address != nil else {
            return names().contains { $0.lowercased() == authority.host } ? authority : nil
        }
        guard authority.isLoopback else { return authority.address.map(isOwn) == true ? authority : nil }
        // Named by another machine it is that machine's own: a device's programs often ask through a proxy on it.
        guard let peer = SourceAddress(text: peer), peer.isLoopback || isOwn(peer) else { return nil }
        return authority
    }

    private func isOwn(_ address: SourceAddress) -> Bool {
        addresses().contains { SourceAddress(text: $0) == address }
    }
}

/// How a request reached the hub, as far as the URLs of an answer depend on it.
package struct RequestWay: Hashable, Sendable {
    /// Scheme, host and port of URLs that lead back to the TLS listener.
    package let origin: String
    /// The same for updates.
    package let updates: String
    /// Host of URLs that lead to other listeners, in brackets when it is IPv6.
    package let host: String

    package init(origin: String, updates: String, host: String) {
        self.origin = origin
        self.updates = updates
        self.host = host
    }
}
