internal import HubHTTP
internal import PKI
package import Reach
package import Wire

/// Who may use the hub's tunnels: clients that show a token or a certificate of the hub. Asks memory, and the
/// store only about tokens that ``TunnelAccess`` is in doubt of.
package struct HubGate: TunnelGate {
    private let access: TunnelAccess
    private let admitsAnyClient: Bool

    /// - Parameter admitsAnyClient: whether every client that knows a server's UUID may reach it, as with stock
    ///   proxies.
    package init(access: TunnelAccess, admitsAnyClient: Bool = false) {
        self.access = access
        self.admitsAnyClient = admitsAnyClient
    }

    package func judge(_ request: TunnelAccessRequest, answer: @escaping @Sendable (TunnelVerdict) -> Void) {
        guard let text = request.token else { return answer(verdict(request, nil)) }
        access.judge(text) { judged in
            guard case .admitted(var pass) = verdict(request, judged?.token) else {
                return answer(.refused(.authenticationFailed))
            }
            pass.denials = judged?.denials
            answer(.admitted(pass))
        }
    }

    package func isCurrent(_ pass: TunnelPass, _ purpose: TunnelPurpose) -> Bool {
        guard let denials = pass.denials else { return true }
        // Who is refused for somebody else's sake tries again.
        guard denials == access.denials else { return false }
        guard case .server(let uuid) = purpose, let deviceID = pass.deviceID else { return true }
        return access.mayServe(deviceID, uuid: uuid.bytes)
    }

    package func registered(_ uuid: TunnelUUID, _ pass: TunnelPass) {
        if let deviceID = pass.deviceID { access.serves(deviceID, uuid: uuid.bytes) }
    }

    package func left(_ uuid: TunnelUUID, _ pass: TunnelPass) {
        if let deviceID = pass.deviceID { access.servesNoMore(deviceID, uuid: uuid.bytes) }
    }

    /// - Parameter token: the request's, when it is valid.
    private func verdict(_ request: TunnelAccessRequest, _ token: TunnelToken?) -> TunnelVerdict {
        let pass =
            switch request.purpose {
            case .rendezvous: rendezvous(request, token)
            case .server(let uuid): server(request, token, uuid)
            case .client(_, let deviceID): client(request, token, deviceID)
            }
        return pass.map(TunnelVerdict.admitted) ?? .refused(.authenticationFailed)
    }

    // MARK: - Purposes

    private func rendezvous(_ request: TunnelAccessRequest, _ token: TunnelToken?) -> TunnelPass? {
        if let pass = proof(token, request, .rendezvous) { return pass }
        // With certificates at both ends the token is theirs alone, but it must not be guessed.
        guard let pass = certificate(request.peer, of: [.iotdevice, .client, .service, .plugin, .admin]),
            let token = request.token, token.utf8.count >= Self.ownTokenLength, !token.hasPrefix(TunnelToken.prefix)
        else { return nil }
        return pass
    }

    private func server(_ request: TunnelAccessRequest, _ token: TunnelToken?, _ uuid: TunnelUUID) -> TunnelPass? {
        let pass = request.token == nil ? certificate(request.peer, of: [.iotdevice]) : proof(token, request, .server)
        guard let pass, let deviceID = pass.deviceID, access.mayServe(deviceID, uuid: uuid.bytes) else { return nil }
        return pass
    }

    private func client(_ request: TunnelAccessRequest, _ token: TunnelToken?, _ deviceID: String?) -> TunnelPass? {
        if request.token != nil {
            guard let pass = proof(token, request, .client), DeviceID(pass.deviceID) == DeviceID(deviceID) else {
                return nil
            }
            return pass
        }
        if var pass = certificate(request.peer, of: [.admin]) {
            pass.deviceID = deviceID
            return pass
        }
        guard admitsAnyClient else { return nil }
        return TunnelPass(realm: "open", userName: "", deviceID: deviceID)
    }

    /// Shortest token that two ends with certificates may agree on, in bytes.
    private static let ownTokenLength = 16

    // MARK: - Proofs

    private func proof(_ token: TunnelToken?, _ request: TunnelAccessRequest, _ scope: TunnelScope) -> TunnelPass? {
        guard let token, token.scope.contains(scope) else { return nil }
        // A device that shows a certificate as well is not another device's.
        let certified = DeviceID(request.peer.certificate?.subject.commonName)
        if request.peer.role == .iotdevice, certified != DeviceID(token.deviceID) { return nil }
        return TunnelPass(
            realm: "token", userName: token.user, deviceID: token.deviceID, tokenID: token.id,
            validUntil: token.expiresAt)
    }

    private func certificate(_ peer: Peer, of roles: [PeerRole]) -> TunnelPass? {
        guard let certificate = peer.certificate, roles.contains(peer.role) else { return nil }
        let name = certificate.subject.commonName
        return TunnelPass(
            realm: "certificate", userName: "\(peer.role.rawValue) \(name)",
            deviceID: peer.role == .iotdevice ? name : nil, validUntil: certificate.notAfter)
    }
}
