internal import PKI
internal import Transport
internal import Wire

/// Asks a hub that nothing is known about. TLS proves nothing yet: the hub must stay the same through the whole
/// conversation, its server certificate must come from the CA it announces, and the signature of its approval decides.
struct FirstContact {
    let exchange: ProvisioningExchange
    let use: SecretUse
    let timeout: Duration

    func ask(_ hub: HubCandidate) async throws(DeviceError) -> HubAnswer {
        let time = exchange.time
        // Nothing is remembered of a hub that is met for the first time, so both forms of its certificate pass.
        var session = HubSession(
            hub: hub, tls: TransportTLS(trust: .anything, now: { time.now }), rule: .markedOrOldForm, timeout: timeout)
        defer { session.close() }
        let directory = try await session.directory(pinned: false)
        let verification = Verification(deviceID: exchange.deviceID, publicKey: exchange.key.publicKey, hub: hub)
        let authority = try verification.authority(directory.caCert)
        try verification.check(server: session.chain, authority: authority, time: time)
        if use.mayPair, let url = directory.additional[PairingRequest.endpoint] {
            let endpoint = try exchange.location(url, hub)
            let answer = try await pair(&session, endpoint, directory, authority)
            if let answer { return answer }
        }
        guard use.mayAskPlainly else { return .pairingUnavailable(seconds: 60) }
        return try await exchange.run(&session, directory: directory, authority: authority)
    }

    /// Pairs; `nil` when the hub would rather not, and the plain way is open.
    private func pair(
        _ session: inout HubSession, _ endpoint: HTTPSLocation, _ directory: ResolvedDirectory,
        _ authority: [Certificate]
    ) async throws(DeviceError) -> HubAnswer? {
        let pairing = PairingExchange(exchange: exchange)
        do throws(DeviceError) {
            let answer = try await pairing.run(
                &session, endpoint: endpoint, directory: directory, authority: authority)
            if case .waiting = answer, use.mayAskPlainly { return nil }
            return answer
        } catch {
            if case .hubFault = error, use.mayAskPlainly { return nil }
            throw error
        }
    }
}

/// Talks to the hub whose CA the device keeps, with the device's certificate.
struct PinnedContact {
    let exchange: ProvisioningExchange
    let identity: Identity
    /// Whose certificates pass for the hub's: once it was seen with its mark, no other.
    let rule: HubRule
    let timeout: Duration

    /// Renews the certificate. A hub whose certificate is not valid at the time the device believes in, but at another,
    /// may prove itself by a certificate that nobody else can have: then its time is believed.
    ///
    /// - Parameter known: serials of certificates the device has had. They have been shown in handshakes, so anybody
    ///   may have them.
    func renew(at hub: HubCandidate, known: [String] = []) async throws(DeviceError) -> HubAnswer {
        do throws(DeviceError) {
            var session = session(hub)
            defer { session.close() }
            return try await renew(in: &session)
        } catch {
            guard case .clock(_, _, let validity) = error else { throw error }
            return try await renew(at: hub, during: validity, known: known, otherwise: error)
        }
    }

    private func renew(in session: inout HubSession) async throws(DeviceError) -> HubAnswer {
        let directory = try await session.directory(pinned: true)
        return try await exchange.run(
            &session, directory: directory, authority: identity.authority, mayMove: true)
    }

    /// Renews at a moment at which the hub's certificate is valid.
    ///
    /// Whoever has stolen an old key of the hub's gets this far. But a certificate for this device that it has never
    /// had comes from its CA alone, which makes none for anybody who does not hold the device's key.
    private func renew(
        at hub: HubCandidate, during validity: Range<Int64>, known: [String], otherwise: DeviceError
    ) async throws(DeviceError) -> HubAnswer {
        let moment = min(max(exchange.time.now, validity.lowerBound), validity.upperBound - 1)
        var session = session(hub) { moment }
        defer { session.close() }
        let answer = try await renew(in: &session)
        guard case .approved(let approval) = answer else { return answer }
        let (leaf, server) = (approval.identity.leaf, approval.server)
        let time = approval.hubTime ?? leaf.notBefore
        let serials = known + [identity.leaf.serial.description]
        guard !serials.contains(leaf.serial.description),
            (max(server.notBefore, leaf.notBefore)..<min(server.notAfter, leaf.notAfter)).contains(time),
            exchange.time.mayFollow(to: time, validity: server.notBefore..<server.notAfter)
        else { throw otherwise }
        return answer
    }

    /// The services the hub offers now, and whether it bears its mark.
    func services(at hub: HubCandidate) async throws(DeviceError) -> (services: [String: String], isMarked: Bool) {
        var session = session(hub)
        defer { session.close() }
        let services = try await session.directory(pinned: true).services
        return (services, session.isMarked)
    }

    /// Tells the hub of something; its answer has no content.
    func send(_ report: HubReport, to hub: HubCandidate) async throws(DeviceError) {
        var session = session(hub)
        defer { session.close() }
        let location = HTTPSLocation(host: hub.host, port: hub.port, path: HubReport.path)
        _ = try await session.post(report.encoded(), to: location)
    }

    /// A conversation with the hub in which both show their certificates.
    func session(
        _ hub: HubCandidate, bodyLimit: Int = IDProv.bodyLimit, now: (@Sendable () -> Int64)? = nil
    ) -> HubSession {
        let time = exchange.time
        let tls = TransportTLS(
            trust: .roots(identity.authority), identity: ClientIdentity(chain: identity.chain, signer: exchange.key),
            now: now ?? { time.now })
        return HubSession(hub: hub, tls: tls, rule: rule, timeout: timeout, bodyLimit: bodyLimit)
    }
}
