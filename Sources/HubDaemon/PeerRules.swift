internal import HubHTTP
internal import HubRuntime
internal import Issuing
internal import Journal
internal import PKI
internal import Rooms

/// What holds for the peers of every listener.
extension Hub {
    /// Pages of which hosts are the hub's own. `localhost` is not a name that others could point here: a browser at
    /// the end of `ssh -L` uses it.
    var origins: OriginRule {
        OriginRule { [settings] host in
            guard let address = SourceAddress(text: host) else {
                return host == "localhost" || settings.hostNames.contains { $0.lowercased() == host }
            }
            return ThisHost.addresses().contains { SourceAddress(text: $0) == address }
                || settings.hostNames.contains { SourceAddress(text: $0) == address }
        }
    }

    /// Why a certificate that was accepted at the handshake is no longer valid.
    var loss: PeerLossCheck {
        { [issuer, now = rooms.journal.now] peer in
            guard let certificate = peer.certificate ?? peer.endedCertificate else { return nil }
            if issuer.isRevoked(certificate) { return .revoked }
            let end = peer.certificate == nil ? issuer.graceEnd(of: certificate) : certificate.notAfter
            return now() > end ? .ended : nil
        }
    }
}
