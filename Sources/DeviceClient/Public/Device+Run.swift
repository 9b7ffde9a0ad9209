internal import PKI
internal import Wire

extension Device {
    /// Keeps the certificate fresh until the task is cancelled: renews at half of its life, and after a failure the
    /// more often the nearer its end is; never twice within 20 s. A renewal that brought nothing, because the
    /// certificate ends with the hub's CA, counts as a failure. Throws ``DeviceError/notProvisioned`` at once without a
    /// certificate, and ``DeviceError/certificateExpired`` when the hub no longer accepts the expired one.
    public func run() async throws(DeviceError) {
        guard var held = try folder.identity() else { throw .notProvisioned }
        var rest = 0
        while true {
            try await waitUntilDue(resting: rest)
            try await renewWithRetries()
            guard let renewed = try folder.identity() else { throw .notProvisioned }
            rest = schedule(of: renewed).restSeconds(now: time.now, former: held.leaf.notAfter)
            held = renewed
        }
    }

    /// Renews now, whatever the time.
    @discardableResult
    public func renew() async throws(DeviceError) -> DeviceCertificate {
        let contact = try pinnedContact()
        let known = try folder.state().serials
        let approval = try await atHub { hub throws(DeviceError) in
            report(.asking(hub))
            guard case .approved(let approval) = try await contact.renew(at: hub, known: known) else {
                throw .stillWaiting(hub)
            }
            return approval
        }
        let certificate = try keep(approval)
        report(.renewed(certificate))
        await reportForgeries(to: approval.hub)
        return certificate
    }

    /// URL of a service the hub offers, asked from the hub, or as it was when the hub was last reached.
    public func service(_ name: String) async throws(DeviceError) -> String {
        let services = try await services()
        guard let url = services[name] else {
            throw .noSuchService(name: name, known: services.keys.sorted())
        }
        return url
    }

    /// All services the hub offers: name → URL. Falls back to what was known when the hub does not answer.
    public func services() async throws(DeviceError) -> [String: String] {
        let contact = try pinnedContact()
        do throws(DeviceError) {
            let (found, hub) = try await atHub { hub throws(DeviceError) in (try await contact.services(at: hub), hub) }
            var state = try folder.state()
            (state.services, state.hubURL, state.hubName) = (found.services, hub.location.url, hub.name)
            if found.isMarked { state.knowsHubMark = true }
            try folder.write(state)
            return state.services
        } catch {
            let known = try folder.state().services
            if error == .cancelled || known.isEmpty { throw error }
            if case .storage = error { throw error }
            return known
        }
    }

    // MARK: - Pieces

    /// Tells the device's own hub of the impostors met since it was last told, so that its operator looks for them.
    /// What does not arrive is tried again when the hub is next reached; nothing depends on it.
    func reportForgeries(to hub: HubCandidate) async {
        guard let report = forgeries.report, let contact = try? pinnedContact() else { return }
        do throws(DeviceError) {
            try await contact.send(report, to: hub)
            forgeries.clear()
        } catch {
            // A hub of an older release does not know the call.
            if case .hubFault = error { forgeries.clear() }
        }
    }

    func pinnedContact() throws(DeviceError) -> PinnedContact {
        guard let identity = try folder.identity() else { throw .notProvisioned }
        let exchange = ProvisioningExchange(deviceID: id, key: try key(), secret: [], time: time)
        guard identity.leaf.publicKey == exchange.key.publicKey else {
            throw .key(reason: "the certificate belongs to another key; reset the device")
        }
        return PinnedContact(
            exchange: exchange, identity: identity, rule: try hubRule(), timeout: configuration.exchangeTimeout)
    }

    /// Does something at the hub: where it was last reached, else at those that are found now. The pinned CA decides
    /// which of them is ours; the others fail, and the worst failure is thrown when none is left.
    func atHub<Value: Sendable>(
        _ work: (HubCandidate) async throws(DeviceError) -> Value
    ) async throws(DeviceError) -> Value {
        var failure: DeviceError = .noHubFound
        let last = finder.isDiscovering ? try lastHub() : nil
        if let last {
            do throws(DeviceError) {
                return try await work(last)
            } catch {
                failure = try worse(failure, error)
            }
        }
        let candidates: [HubCandidate]
        do throws(DeviceError) {
            candidates = try await finder.candidates()
        } catch {
            // Where the hub was last has told more than that nobody can be looked for.
            guard last != nil, case .discoveryFailed = error, failure != .noHubFound else { throw error }
            throw failure
        }
        for hub in candidates where hub.authority != last?.authority {
            do throws(DeviceError) {
                return try await work(hub)
            } catch {
                failure = try worse(failure, error)
            }
        }
        throw failure
    }

    private func lastHub() throws(DeviceError) -> HubCandidate? {
        let state = try folder.state()
        guard let url = state.hubURL, let location = try? HTTPSLocation(parsing: url) else { return nil }
        return HubCandidate(
            name: state.hubName ?? location.host, host: location.host, port: location.port, path: location.path)
    }

    /// An impostor is worth telling more than one that does not answer. Errors that are not about one hub end the
    /// search.
    private func worse(_ one: DeviceError, _ other: DeviceError) throws(DeviceError) -> DeviceError {
        switch other {
        case .fakeHub(let hub, let forgery): forgeries.note(hub, forgery)
        case .hubUnreachable, .hubFault, .rejected, .stillWaiting, .clock: break
        default: throw other
        }
        if case .fakeHub = one { return one }
        // Our hub was there, whatever else is.
        if case .clock = one { return one }
        return other
    }

    /// - Parameter seconds: rest after the last renewal.
    private func waitUntilDue(resting seconds: Int) async throws(DeviceError) {
        guard let identity = try folder.identity() else { throw .notProvisioned }
        let schedule = schedule(of: identity)
        let due = schedule.due
        let rested = time.now + Int64(seconds)
        report(.renewalDue(at: max(due, rested)))
        // Slept, not read off a clock that may be set meanwhile.
        if due < rested { try await pause(.seconds(seconds)) }
        // In steps of an hour at most: the wall clock may be set while we sleep.
        while case let wait = schedule.waitSeconds(now: time.now), wait > 0 {
            try await pause(.seconds(min(wait, 3600)))
        }
    }

    private func renewWithRetries() async throws(DeviceError) {
        while true {
            do throws(DeviceError) {
                try await renew()
                return
            } catch {
                guard error != .cancelled, let identity = try folder.identity() else { throw error }
                let now = time.now
                if case .rejected = error, identity.leaf.notAfter <= now { throw .certificateExpired }
                let seconds = schedule(of: identity).retrySeconds(now: now)
                report(
                    .renewalFailed(
                        reason: error, nextTrySeconds: seconds, validSeconds: identity.leaf.notAfter - now))
                try await pause(.seconds(seconds))
            }
        }
    }
}
