internal import HubHTTP
internal import NIOCore
internal import Wire

/// Work in turns: what an end sent beyond its share of one is done in later ones.
extension TunnelEnd {
    /// Bytes of the connection, as they came.
    func receive(_ buffer: ByteBuffer) {
        if webSocket == nil { take(buffer) } else { readFrames(buffer) }
        guard !isAdmitted, rest.isEmpty, flow.received > TunnelProbation.byteLimit else { return }
        close(TunnelProbation.sizeViolation)
    }

    /// Whether it has shown that it may use tunnels, or is about to go.
    var isAdmitted: Bool {
        switch phase {
        case .connected: false
        // What a client of a proxy sends meanwhile belongs to its tunnel.
        case .checking: service == .proxy
        case .waiting, .tunnel, .server, .client, .closing: true
        }
    }

    /// The rest must wait: nothing is read until it is done.
    func waitForTurn() {
        setReading(false)
        core.enqueue(self)
    }

    /// A turn is over and nothing is left of what came in it.
    func endTurn() {
        core.turns.note(share)
        share = TunnelShare()
    }

    /// Goes on with what waits, as far as one turn's share goes.
    func takeTurn() {
        endTurn()
        if rest.hasDocuments {
            rest.hasDocuments = false
            process()
        }
        if let requests = rest.requests {
            rest.requests = nil
            takeRequests(requests)
        }
        if rest.requests == nil, !rest.hasDocuments, let frames = rest.frames {
            rest.frames = nil
            takeFrames(frames)
        }
        if rest.hasNoMessage, let bytes = rest.bytes {
            rest.bytes = nil
            receive(bytes)
        }
        if isGone, case .closing = phase { return leaveForGood() }
        guard rest.isEmpty else { return core.enqueue(self) }
        if isGone { return leaveForGood() }
        resumeReading()
    }

    /// Reads on unless something speaks against it.
    func resumeReading() {
        guard flow.blockedBy == 0, !flow.isThrottled, rest.isEmpty, !flow.isCut else { return }
        // What a client of a proxy sends before the verdict waits in the kernel.
        if service == .proxy, case .checking = phase { return }
        setReading(true)
    }

    /// Whether a peer that was told to go sends too much all the same. The rest stays in the kernel, and after a moment
    /// for the last words the connection is cut: TLS would read on for seconds until the peer says goodbye.
    func isTooLate(_ count: Int) -> Bool {
        flow.dropped += count
        core.turns.note(dropped: flow.dropped)
        guard flow.dropped > TunnelFlow.dropLimit else { return false }
        guard !flow.isCut else { return true }
        flow.isCut = true
        rest = TunnelRest()
        setReading(false)
        setDeadline(core.settings.lingerTimeout) { end in
            if let channel = end.context?.channel { OpenConnections.cut(channel) }
        }
        return true
    }

    /// What is of no use to an end that closes. Frames of a WebSocket are read on: the peer's close frame is among
    /// them.
    func dropRest() {
        documents = TunnelDocuments()
        let bytes = webSocket == nil ? nil : rest.bytes
        rest = TunnelRest()
        rest.bytes = bytes
    }
}
