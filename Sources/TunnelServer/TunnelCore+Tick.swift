internal import NIOCore

/// What is looked after once a second: servers and ends that say nothing, queues nobody empties,
/// bandwidth, certificates that changed.
extension TunnelCore {
    /// Ticks every second from now on, until the server shuts down.
    func startTicking() {
        stopTicking = timers.start(.seconds(1)) { [weak self] in
            guard let self else { return }
            tick()
            startTicking()
        }
    }

    private func tick() {
        rendezvousCounters.tick()
        proxyCounters.tick()
        for end in Array(ends.values) { look(after: end) }
        moveToCertificate()
        monitors.tick(self)
        metrics.update(self)
        flush()
    }

    private func look(after end: TunnelEnd) {
        if end.flow.heard {
            end.flow.heard = false
            end.flow.silence = 0
        } else {
            end.flow.silence += 1
        }
        refill(end)
        lookForStall(end)
        lookForSilence(end)
    }

    /// A new second's share of bandwidth. What was read beyond the last one's is paid back first.
    private func refill(_ end: TunnelEnd) {
        guard settings.limits.bytesPerSecond > 0 else { return }
        end.flow.spent = max(0, end.flow.spent - end.bytesPerSecond)
        guard end.flow.isThrottled, end.flow.spent < end.bytesPerSecond else { return }
        end.flow.isThrottled = false
        end.resumeReading()
    }

    /// A client that takes nothing holds all other clients of its server back: it has its time, then it goes. A
    /// rendezvous is nobody's business but of its two ends.
    private func lookForStall(_ end: TunnelEnd) {
        guard case .client = end.phase else { return }
        end.flow.stall.tick(isBlocking: !end.flow.blocks.isEmpty, taken: end.flow.sent - end.queuedBytes)
        if end.flow.stall.seconds > settings.stallTimeout.components.seconds { end.close("The client does not read.") }
    }

    private func lookForSilence(_ end: TunnelEnd) {
        switch end.phase {
        case .server where !end.isHeldBack:
            if end.flow.silence > settings.serverSilence.components.seconds {
                return end.close("Proxy timeout occurred. The socket was inactive.")
            }
        case .server, .tunnel, .client: break
        default: return
        }
        let interval = Int(max(1, settings.pingInterval.components.seconds))
        guard end.webSocket != nil, !end.isHeldBack, end.flow.silence > 0,
            end.flow.silence.isMultiple(of: interval)
        else { return }
        ping(end)
    }

    /// An end over WebSocket that answered a first ping must answer the others, or is dead. One that never answered is
    /// left alone.
    private func ping(_ end: TunnelEnd) {
        if end.flow.answersPings { end.flow.knowsPings = true }
        if end.flow.wasPinged, !end.flow.answersPings {
            if end.flow.knowsPings { end.close("The end does not answer pings.") }
            return
        }
        end.flow.wasPinged = true
        end.flow.answersPings = false
        end.writeFrame(.ping, .bytes([]))
    }
}
