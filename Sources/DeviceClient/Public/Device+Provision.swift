internal import PKI

extension Device {
    /// Gets a certificate, or returns the one that is there and valid.
    ///
    /// Hubs are asked in turn until one approves and proves that it knows the secret. A hub that is not ours is
    /// reported in ``events`` and left alone with growing pauses; one that says to wait is asked again when it said.
    /// Without a
    /// `limit` this goes on until approval, cancellation, or until every hub in reach has rejected the device.
    ///
    /// - Parameters:
    ///   - secret: the device's secret as printed on its label; nil only with
    ///     ``DeviceConfiguration/FirstContact/trustOnFirstUse``.
    ///   - limit: give up after this time and throw why it did not work last.
    @discardableResult
    public func provision(secret: String? = nil, within limit: Duration? = nil) async throws(DeviceError)
        -> DeviceCertificate
    {
        if let identity = try folder.identity(), isUsable(identity) { return describe(identity) }
        let exchange = try firstExchange(secret: secret)
        let use = SecretUse(secret: exchange.secret, configuration: configuration)
        let end = limit.map { ContinuousClock.now + $0 }
        var ledger = HubLedger()
        var failure: DeviceError = .noHubFound
        while true {
            let round = try await round(exchange, use, &ledger)
            failure = round.failure ?? (round.hubs.isEmpty ? .noHubFound : failure)
            if let approval = round.approval {
                let certificate = try keep(approval)
                // What is damaged there says so when it is used; the device has its certificate all the same.
                if !exchange.secret.isEmpty { try? folder.allowNewCoSigner() }
                report(.provisioned(certificate))
                await reportForgeries(to: approval.hub)
                return certificate
            }
            if let refusal = round.refusal { throw refusal }
            var wait = ledger.pause(round.hubs, atMost: finder.isDiscovering ? .seconds(10) : .seconds(3600))
            if let end {
                let left = end - ContinuousClock.now
                guard left > .zero else { throw failure }
                wait = min(wait, left)
            }
            try await pause(wait)
        }
    }

    private func isUsable(_ identity: Identity) -> Bool {
        // A clock before notBefore is a clock that was never set: the certificate is good.
        identity.leaf.notAfter > time.now
    }

    private func firstExchange(secret: String?) throws(DeviceError) -> ProvisioningExchange {
        let bytes = Array((secret ?? "").utf8)
        guard !bytes.isEmpty || configuration.firstContact == .trustOnFirstUse else { throw .noSecret }
        return ProvisioningExchange(deviceID: id, key: try key(), secret: bytes, time: time)
    }

    private struct Round {
        var hubs: [HubCandidate] = []
        var approval: Approval?
        /// Set when every hub in reach has rejected the device.
        var refusal: DeviceError?
        /// Why it did not work last; nil when nobody was asked.
        var failure: DeviceError?
    }

    /// Asks every hub that may be asked now.
    private func round(
        _ exchange: ProvisioningExchange, _ use: SecretUse, _ ledger: inout HubLedger
    ) async throws(DeviceError) -> Round {
        var round = Round()
        if use.mayPair { try await waitForPairing() }
        if finder.isDiscovering { report(.searching) }
        do {
            round.hubs = try await finder.candidates()
        } catch {
            // Discovery may come back by itself; an address that cannot be read never does.
            guard case .discoveryFailed = error else { throw error }
            round.failure = error
            return round
        }
        let contact = FirstContact(exchange: exchange, use: use, timeout: configuration.exchangeTimeout)
        var answered: Set<String> = []
        var rejections = 0
        for hub in ledger.ready(round.hubs) where !answered.contains(hub.name) {
            report(finder.isDiscovering ? .hubFound(hub) : .asking(hub))
            do throws(DeviceError) {
                switch try await contact.ask(hub) {
                case .approved(let approval):
                    round.approval = approval
                    return round
                case .waiting(let seconds):
                    answered.insert(hub.name)
                    round.failure = .stillWaiting(hub)
                    note(waiting: hub, seconds: Self.jittered(seconds), round.hubs, &ledger)
                case .pairingUnavailable(let seconds):
                    answered.insert(hub.name)
                    round.failure = .stillWaiting(hub)
                    ledger.wait(hub, seconds: Self.jittered(seconds))
                    report(.pairingUnavailable(hub, seconds: seconds))
                }
            } catch {
                if case .fakeHub(_, .wrongProof) = error { try countPairingFailure() }
                try note(failure: error, of: hub, &ledger)
                round.failure = error
                if case .rejected = error {
                    answered.insert(hub.name)
                    rejections += 1
                }
            }
        }
        let names = Set(round.hubs.map(\.name)).count
        if rejections > 0, rejections == names { round.refusal = round.failure }
        return round
    }

    /// Waits out the pause after failed pairings.
    private func waitForPairing() async throws(DeviceError) {
        guard let seconds = try folder.pairingCounter().pause(now: time.now, bootID: SystemFolder.bootID) else {
            throw .pairingLocked
        }
        if seconds > 0 { try await pause(.seconds(seconds)) }
    }

    private func countPairingFailure() throws(DeviceError) {
        var counter = try folder.pairingCounter()
        counter.fail(now: time.now, bootID: SystemFolder.bootID)
        try folder.write(counter)
        if counter.failures >= PairingCounter.limit { throw .pairingLocked }
    }

    /// Forgets failed pairings: somebody who can touch the device says that it may try again.
    public func allowPairing() throws(DeviceError) {
        try folder.write(PairingCounter())
    }

    private func note(waiting hub: HubCandidate, seconds: Int, _ hubs: [HubCandidate], _ ledger: inout HubLedger) {
        // The other addresses of the same hub would only say the same.
        for other in hubs where other.name == hub.name { ledger.wait(other, seconds: seconds) }
        report(.waiting(hub, seconds: seconds))
    }

    private func note(failure: DeviceError, of hub: HubCandidate, _ ledger: inout HubLedger) throws(DeviceError) {
        let cause: BackOff.Cause
        switch failure {
        case .hubUnreachable, .hubFault, .clock: cause = .fault
        case .fakeHub(_, let forgery):
            forgeries.note(hub, forgery)
            cause = .distrust
        case .rejected: cause = .distrust
        default: throw failure
        }
        report(.hubLeftAlone(hub, reason: failure, seconds: ledger.leave(hub, cause)))
    }

    /// The asked time, a little longer by chance so that devices switched on together do not stay together.
    static func jittered(_ seconds: Int) -> Int {
        seconds + Int.random(in: 0...max(1, seconds / 5))
    }
}
