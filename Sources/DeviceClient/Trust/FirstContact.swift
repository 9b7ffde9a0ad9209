internal import PKI
internal import Transport
internal import Wire

/// Asks a hub that nothing is known about. TLS proves nothing yet: the hub must stay the same through the whole
/// conversation, its server certificate must come from the CA it announces, and the signature of its approval decides.
struct FirstContact {
    let exchange: ProvisioningExchange
    let timeout: Duration

    func ask(_ hub: HubCandidate) async throws(DeviceError) -> HubAnswer {
        let time = exchange.time
        var session = HubSession(hub: hub, tls: TransportTLS(trust: .anything, now: { time.now }), timeout: timeout)
        defer { session.close() }
        let directory = try await session.directory(pinned: false)
        let verification = Verification(deviceID: exchange.deviceID, publicKey: exchange.key.publicKey, hub: hub)
        let authority = try verification.authority(directory.caCert)
        try verification.check(server: session.chain, authority: authority, time: time)
        return try await exchange.run(&session, directory: directory, authority: authority)
    }
}

/// Talks to the hub whose CA the device keeps, with the device's certificate.
struct PinnedContact {
    let exchange: ProvisioningExchange
    let identity: Identity
    let timeout: Duration

    /// Renews the certificate.
    func renew(at hub: HubCandidate) async throws(DeviceError) -> HubAnswer {
        var session = session(hub)
        defer { session.close() }
        let directory = try await session.directory(pinned: true)
        return try await exchange.run(&session, directory: directory, authority: identity.authority)
    }

    /// The services the hub offers now.
    func services(at hub: HubCandidate) async throws(DeviceError) -> [String: String] {
        var session = session(hub)
        defer { session.close() }
        return try await session.directory(pinned: true).services
    }

    /// Tells the hub of something; its answer has no content.
    func send(_ report: HubReport, to hub: HubCandidate) async throws(DeviceError) {
        var session = session(hub)
        defer { session.close() }
        let location = HTTPSLocation(host: hub.host, port: hub.port, path: HubReport.path)
        _ = try await session.post(report.encoded(), to: location)
    }

    private func session(_ hub: HubCandidate) -> HubSession {
        let time = exchange.time
        let tls = TransportTLS(
            trust: .roots(identity.authority), identity: TLSIdentity(chain: identity.chain, signer: exchange.key),
            now: { time.now })
        return HubSession(hub: hub, tls: tls, timeout: timeout)
    }
}
