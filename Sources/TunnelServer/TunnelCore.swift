internal import HubHTTP
internal import NIOCore
internal import Wire

/// All ends of a tunnel server, on one event loop: no lock, no hop from thread to thread, and an order of events that
/// both protocols rely on (docs/tunnel.md says why one loop is enough).
///
/// The rules of who meets whom are ``Rendezvous`` and ``ProxyTable``; this type carries out what they say.
final class TunnelCore {
    let eventLoop: any EventLoop
    let timers: any TunnelTimers
    let settings: TunnelSettings
    let gate: any TunnelGate
    /// Present time, Unix seconds.
    let now: () -> Int64
    /// Told of every tunnel that begins or ends.
    let journal: (TunnelEvent) -> Void
    var rendezvous = Rendezvous()
    var table: ProxyTable
    private(set) var ends: [EndID: TunnelEnd] = [:]
    /// Ends with bytes that wait for ``flush()``.
    var dirty: [TunnelEnd] = []
    var rendezvousCounters = TunnelCounters()
    var proxyCounters = TunnelCounters()
    /// Calls the gate refused.
    var refused = 0
    var bounds: TunnelBounds
    let monitors = TunnelMonitors()
    var metrics = TunnelMetrics()
    /// Ends that have more to do.
    var turns = TunnelTurns()
    /// Ends what ``startTicking()`` began.
    var stopTicking: () -> Void = {}
    /// No new ends are taken.
    var isDraining = false
    /// Certificates the listeners show now, DER; told of a change of them: how many tunnels and single ends must move.
    let certificates: () -> [[UInt8]]
    let onMove: (Int) -> Void
    var move: CertificateMove
    /// No right that an end was admitted with expires before, Unix seconds: mostly there is nothing to look through.
    var firstExpiry = Int64.max
    /// What partners of ends that are closed just now are told, when it is not that their partner left.
    var farewell: TunnelFarewell?
    private var lastID: EndID
    private var lastCall: UInt64 = 0
    private var lastNotification: Int64 = -1
    private var whenEmpty: [EventLoopPromise<Void>] = []

    init(
        eventLoop: any EventLoop, timers: any TunnelTimers, settings: TunnelSettings, gate: any TunnelGate,
        now: @escaping () -> Int64, certificates: @escaping () -> [[UInt8]], journal: @escaping (TunnelEvent) -> Void,
        onMove: @escaping (Int) -> Void
    ) {
        self.eventLoop = eventLoop
        self.timers = timers
        self.settings = settings
        lastID = max(1, settings.firstNumber) - 1
        self.gate = gate
        self.now = now
        self.journal = journal
        self.certificates = certificates
        self.onMove = onMove
        move = CertificateMove(shown: certificates(), seconds: settings.drainSeconds)
        bounds = TunnelBounds(settings.limits)
        table = ProxyTable(clientLimit: settings.limits.perDevice)
    }

    // MARK: - Ends

    func nextID() -> EndID {
        lastID += 1
        return lastID
    }

    func nextCall() -> UInt64 {
        lastCall += 1
        return lastCall
    }

    /// Notifications are counted over all ends of the server's life.
    func nextNotification() -> Int64 {
        lastNotification += 1
        return lastNotification
    }

    func add(_ end: TunnelEnd) {
        ends[end.id] = end
        count(end.service) { $0.ends += 1 }
    }

    /// The connection is closed.
    func remove(_ end: TunnelEnd) {
        let phase = end.phase
        end.phase = .closing
        leave(end, from: phase)
        ends[end.id] = nil
        if ends.isEmpty { stopWaiting() }
    }

    private func stopWaiting() {
        for promise in whenEmpty { promise.succeed() }
        whenEmpty = []
    }

    /// An end is on its way out: its partner, its server or its clients learn of it. Harmless when it was said before.
    ///
    /// - Parameter phase: the one it was in; it is closing by now, so that its partner's farewell does not come back to
    ///   it.
    func leave(_ end: TunnelEnd, from phase: TunnelEnd.Phase) {
        unblocked(end, isGone: true)
        if let pass = end.pass {
            bounds.release(pass)
            if case .server = phase, let uuid = TunnelUUID(end.uuid) { gate.left(uuid, pass) }
            if end.joinedAt > 0 { journal(.left(TunnelRecord(end, phase))) }
            end.pass = nil
        }
        switch phase {
        case .waiting: _ = rendezvous.leave(end.id)
        case .tunnel(let partner):
            _ = rendezvous.leave(end.id)
            // A stream that ends within a character was no UTF-8; one that the hub ends may have been.
            let words = farewell ?? (partner.brokenCharacter.isEmpty ? .partnerLeft : .notUTF8)
            partner.close(words.reason, code: words.code, patience: patience(for: partner))
        case .server, .client: leaveProxy(end)
        case .connected, .checking, .closing: break
        }
    }

    /// What is queued for a slow end is still of use to it, unless the hub stops: then nobody is waited for long.
    func patience(for end: TunnelEnd) -> Duration? {
        end.isWritable || isDraining ? nil : settings.stallTimeout
    }

    /// How long the last words to an end may take.
    var lastWordsTimeout: Duration { isDraining ? settings.stopTimeout : settings.closeTimeout }

    /// How long an end has been connected.
    func age(_ end: TunnelEnd) -> Duration {
        .seconds(max(0, now() - end.connectedAt))
    }

    /// Sends what was written since the last time.
    func flush() {
        while let end = dirty.popLast() { end.flush() }
    }

    /// Done when the last end is gone, or when the time for it is up.
    func emptied(within time: Duration) -> EventLoopFuture<Void> {
        guard !ends.isEmpty else { return eventLoop.makeSucceededVoidFuture() }
        let promise = eventLoop.makePromise(of: Void.self)
        whenEmpty.append(promise)
        _ = timers.start(time) { [weak self] in self?.stopWaiting() }
        return promise.futureResult
    }

    // MARK: - Holding back

    /// A sender stops until the other end has taken what is queued for it.
    func block(_ sender: TunnelEnd, by slow: TunnelEnd) {
        guard !slow.flow.blocks.contains(where: { $0 === sender }) else { return }
        slow.flow.blocks.append(sender)
        sender.flow.blockedBy += 1
        sender.setReading(false)
    }

    /// An end took what was queued for it, or is gone.
    func unblocked(_ end: TunnelEnd, isGone: Bool = false) {
        let waiting = end.flow.blocks
        end.flow.blocks = []
        for sender in waiting {
            sender.flow.blockedBy -= 1
            sender.resumeReading()
        }
        guard isGone, end.flow.blockedBy > 0 else { return }
        for other in ends.values { other.flow.blocks.removeAll { $0 === end } }
        end.flow.blockedBy = 0
    }

    /// Changes the sums of a protocol.
    func count(_ service: TunnelService, _ change: (inout TunnelCounters) -> Void) {
        switch service {
        case .rendezvous: change(&rendezvousCounters)
        case .proxy: change(&proxyCounters)
        }
    }

    // MARK: - Verdicts

    /// The gate has decided about an end's call.
    func decide(_ end: TunnelEnd, _ call: TunnelCall, _ verdict: TunnelVerdict) {
        guard case .admitted(var pass) = verdict else {
            if case .refused(let reason) = verdict { refuse(end, call, reason, reason.rawValue) }
            return
        }
        if case .server = call.purpose { pass.isServer = true }
        guard bounds.take(pass) else {
            return refuse(end, call, .proxyError, "as many connections as allowed")
        }
        end.pass = pass
        if let end = pass.validUntil { firstExpiry = min(firstExpiry, end) }
        switch call.purpose {
        case .rendezvous: meet(end, call.request, pass)
        case .server(let uuid): finishServer(end, call.request, uuid)
        case .client(let uuid, _): finishClient(end, call.request, uuid)
        }
    }

    private func refuse(
        _ end: TunnelEnd, _ call: TunnelCall, _ reason: TunnelAuthenticationError, _ explanation: String
    ) {
        refused += 1
        journal(.refused(TunnelRecord(end, end.phase), purpose: call.purpose.word, reason: explanation))
        let id = call.request.id
        switch call.purpose {
        case .rendezvous: end.say(TunnelMessages.authentication(id, reason))
        case .server:
            end.say(TunnelMessages.proxy(id, Self.proxyError(reason), slipEnabled: false))
        case .client: end.say(TunnelMessages.proxy(id, Self.proxyError(reason)))
        }
        end.close("API call was not successfully.")
    }

    private static func proxyError(_ reason: TunnelAuthenticationError) -> TunnelProxyError {
        reason == .proxyError ? .internalServerError : .authenticationFailed
    }
}
