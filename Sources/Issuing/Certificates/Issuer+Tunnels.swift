package import Journal
package import PKI
package import Reach
internal import Store

extension Issuer {
    /// Issues a certificate that lets a person into one device through a tunnel, and into nothing else.
    ///
    /// It is of OU client, but has neither the purpose of one nor a role at the hub, and bears a name that no other
    /// way of the hub puts into a certificate. Nobody renews it. It ends with its token: at its time, or when that is
    /// revoked.
    ///
    /// - Throws: ``IssuingError/keyNotAllowed``.
    package func issueForTunnel(
        commonName: String, token: TunnelToken, publicKey: PublicKey, by requester: Requester
    ) async throws -> Certificate {
        let authority = authority
        var profile = try authority.profile("client")
        profile.extendedKeyUsage = [.tunnel]
        profile.subjectAlternativeNames.insert(.uri)
        let certificate = try authority.sign(
            commonName: commonName, publicKey: publicKey, profile: profile,
            names: [.uri(TunnelName.uri(of: token.deviceID))], validity: token.expiresAt - journal.now(),
            now: journal.now())
        try await journal.store.write { [self] db in
            try record(
                certificate, ou: "client", authority: authority.generation, tunnelToken: token.id, by: requester, in: db
            )
        }
        return certificate
    }

    /// Revokes a tunnel token and the certificates made with it: it is refused and its tunnels end from now on.
    ///
    /// - Throws: `TunnelTokenError.unknownToken`.
    package func revokeTunnelToken(_ id: String, by requester: Requester) async throws {
        let (token, revoked) = try await journal.store.write { [self] db -> (TunnelToken, [Serial]) in
            let token = try reach.endTunnelToken(id, by: requester, in: db)
            let records = try CertificateStore.unexpired(tunnelTokens: [id], now: journal.now(), in: db)
            return (token, try revoke(records, reason: .cessationOfOperation, by: requester, in: db))
        }
        reach.announceEnd(of: token)
        shutOut(revoked)
    }

    /// Revokes what lets people into a device. Their tokens are gone for good, also when the device is only on hold.
    func revokeTunnelCertificates(of deviceID: String, by requester: Requester, in db: Database) throws -> [Serial] {
        let records = try CertificateStore.unexpired(
            tunnelTokens: try reach.clientTunnelTokens(of: deviceID, in: db), now: journal.now(),
            in: db)
        return try revoke(records, reason: .cessationOfOperation, by: requester, in: db)
    }
}
