internal import Encoding
internal import HubHTTP
internal import NIOCore
internal import Wire

/// A request that waits for the gate's verdict.
struct TunnelCall {
    let request: TunnelRequest
    let purpose: TunnelPurpose
    let number: UInt64
}

/// Requests before an end is joined with others, and those of registered servers.
extension TunnelEnd {
    /// Bytes of a stream.
    func take(_ buffer: ByteBuffer) {
        switch phase {
        case .connected, .checking, .waiting:
            documents.append(buffer.readableBytesUInt8Span)
            process()
        case .tunnel(let partner): relay(.buffer(withoutLineEnd(buffer)), isText: false, to: partner)
        case .server: takeFrames(withoutLineEnd(buffer))
        case .client(let server, let address): relay(.buffer(withoutLineEnd(buffer)), to: server, address)
        case .closing: break
        }
    }

    /// The line end of the last document may come by itself, soon after it; later the same byte belongs to the tunnel.
    private func withoutLineEnd(_ buffer: ByteBuffer) -> ByteBuffer {
        guard documents.expectsLineEnd, core.timers.now < lineEndUntil else { return buffer }
        documents.append(buffer.readableBytesUInt8Span)
        return ByteBuffer(bytes: documents.rest())
    }

    /// A message of a WebSocket, or a part of one.
    func take(message bytes: [UInt8], isText: Bool, isLast: Bool = true) {
        switch phase {
        case .server: takeFrames(ByteBuffer(bytes: bytes))
        case .client(let server, let address):
            if !isText { usesBinary = true }
            relay(.bytes(bytes), to: server, address)
        case .closing: break
        case .connected, .checking, .waiting, .tunnel:
            guard isText else { return close("Binary message not expected.") }
            if case .tunnel(let partner) = phase {
                return relay(.bytes(bytes), isText: true, isLast: isLast, to: partner)
            }
            documents.append(bytes)
            process()
        }
    }

    /// Handles complete documents until the end is joined, waits or is closed.
    func process() {
        guard !isProcessing else { return }
        isProcessing = true
        defer { isProcessing = false }
        do {
            while mayAsk, !share.isUsedUp, let document = try documents.next() { handle(document) }
        } catch {
            return close(TunnelProbation.sizeViolation)
        }
        if mayAsk, share.isUsedUp, !documents.isEmpty {
            rest.hasDocuments = true
            return waitForTurn()
        }
        switch phase {
        case .waiting:
            guard documents.isEmpty else {
                return close("Data received while authenticated but not remote connected.")
            }
            _ = documents.rest()
        case .tunnel, .client, .server:
            let rest = documents.rest()
            if !rest.isEmpty { pass(on: rest) }
        case .connected, .checking, .closing: break
        }
    }

    /// What came in the same piece as the last request belongs to the tunnel already.
    private func pass(on rest: [UInt8]) {
        if webSocket != nil { take(message: rest, isText: true) } else { take(ByteBuffer(bytes: rest)) }
    }

    /// Whether documents are requests now. A client of a proxy that is being checked sends what belongs to its tunnel.
    private var mayAsk: Bool {
        switch phase {
        case .connected: true
        case .checking: service == .rendezvous
        default: false
        }
    }

    private func handle(_ document: [UInt8]) {
        share.spend(.document)
        if let reason = probation.take(document.count) { return close(reason) }
        lineEndUntil = core.timers.now + core.settings.lineEndTimeout
        let methods = service == .rendezvous ? TunnelMethod.rendezvous : TunnelMethod.proxy
        do throws(TunnelRefusal) {
            let request = try TunnelRequest(parsing: document, methods: methods)
            if service == .rendezvous, case .connected = phase { restartInactivity() }
            handle(request)
        } catch {
            refuse(error)
        }
    }

    /// As the inactivity timer runs from the last request, a bound keeps an end from asking forever.
    private func restartInactivity() {
        let limit = core.settings.inactiveTimeout * 4
        let left = limit - core.age(self)
        setDeadline(min(core.settings.inactiveTimeout, max(left, .zero))) {
            $0.close("Proxy timeout occurred. The socket was inactive.")
        }
    }

    /// Says what was wrong, and goes.
    func refuse(_ refusal: TunnelRefusal) {
        answer(TunnelMessages.failure(refusal))
        close(refusal.closeReason)
    }

    /// Answers in the form the end's phase demands.
    func answer(_ document: [UInt8]) {
        guard mayAnswer(document.count) else { return close("The end does not read its answers.") }
        if case .server = phase { frame(document, address: 0) } else { say(document) }
    }

    func handle(_ request: TunnelRequest) {
        switch request.method {
        case .hello:
            answer(
                TunnelMessages.hello(
                    request.id, apiVersion: service == .rendezvous ? "0.3" : "0.6", name: core.settings.name,
                    version: core.settings.version))
        case .introspect: answer(TunnelMessages.introspection(request.id, isProxy: service == .proxy))
        case .ping: answer(TunnelMessages.ping(request.id, timestamp: request.params["timestamp"] ?? .null))
        case .authenticate: authenticate(request)
        case .registerServer, .registerServerWithToken: registerServer(request)
        case .registerClient, .registerClientWithToken: registerClient(request)
        default: disconnectClient(request)
        }
    }

    // MARK: - The gate

    /// Asks the gate; its verdict, at once or later, is given to ``TunnelCore``.
    func ask(_ request: TunnelRequest, _ purpose: TunnelPurpose) {
        let call = TunnelCall(request: request, purpose: purpose, number: core.nextCall())
        phase = .checking(call)
        let token = request.params["token"].map { _ in request.text("token") }
        if service == .rendezvous { setAuthenticationDeadline(request) }
        let bound = NIOLoopBound(self, eventLoop: core.eventLoop)
        let loop = core.eventLoop
        core.gate.judge(TunnelAccessRequest(purpose: purpose, token: token, peer: connection.peer)) { verdict in
            if loop.inEventLoop {
                bound.value.take(verdict, on: call.number)
            } else {
                loop.execute { bound.value.take(verdict, on: call.number) }
            }
        }
        // What a client of a proxy sends now belongs to its tunnel; it waits in the kernel.
        if service == .proxy, case .checking = phase { setReading(false) }
    }

    private func setAuthenticationDeadline(_ request: TunnelRequest) {
        let settings = core.settings
        if settings.authenticationTimeout <= settings.jsonRpcTimeout {
            setDeadline(settings.authenticationTimeout) { end in
                end.say(TunnelMessages.authentication(request.id, .timeout))
                end.close("API call was not successfully.")
            }
        } else {
            setDeadline(settings.jsonRpcTimeout) { $0.refuse(TunnelRefusal(request.id, .timeout)) }
        }
    }

    private func take(_ verdict: TunnelVerdict, on number: UInt64) {
        // Gone or timed out meanwhile.
        guard case .checking(let call) = phase, call.number == number else { return }
        clearDeadline()
        var verdict = verdict
        if case .admitted(let pass) = verdict, !core.gate.isCurrent(pass, call.purpose) {
            verdict = .refused(.authenticationFailed)
        }
        core.decide(self, call, verdict)
        guard !isProcessing else { return }
        process()
        resumeReading()
        core.flush()
    }
}
