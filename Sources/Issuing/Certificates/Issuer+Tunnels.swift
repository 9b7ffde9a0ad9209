package import PKI
package import Registry
internal import Store

extension Issuer {
    /// Issues a certificate that lets a person into one device through a tunnel, and into nothing else.
    ///
    /// It is of OU client, with a name that no other way of the hub puts into a certificate of that OU.
    /// - Parameter life: seconds.
    package func issueForTunnel(
        commonName: String, deviceID: String, publicKey: PublicKey, life: Int64, by requester: Requester
    ) async throws -> Certificate {
        let authority = authority
        var profile = try authority.profile("client")
        profile.subjectAlternativeNames.insert(.uri)
        let certificate = try authority.sign(
            commonName: commonName, publicKey: publicKey, profile: profile,
            names: [.uri(TunnelName.uri(of: deviceID))], validity: life, now: registry.now())
        try await registry.store.write { [self] db in
            try record(certificate, ou: "client", authority: authority.generation, by: requester, in: db)
        }
        return certificate
    }
}
