internal import Synchronization
internal import Transport
internal import TunnelClient

/// The right of one `tunnel open` to reach its device: asked for, renewed before it ends, given back at the end.
final class TunnelRight: Sendable {
    /// What the hub grants.
    struct Grant: Sendable {
        /// Number of the token, to renew and to revoke it.
        let tokenID: String
        /// How long it is valid.
        let life: Duration
        /// How the device is reached with it.
        let target: TunnelTarget
    }

    private struct Held {
        var grant: Grant
        var end: ContinuousClock.Instant
        /// Half of its life: connections made under it last as long as it does, so the later half of it is not used for
        /// new ones.
        var renewal: ContinuousClock.Instant
        /// Tokens of before: connections made under them are still open.
        var former: [(id: String, end: ContinuousClock.Instant)] = []

        init(_ grant: Grant, since start: ContinuousClock.Instant) {
            self.grant = grant
            end = start + grant.life
            renewal = start + grant.life / 2
        }
    }

    private let ask: @Sendable (_ renewing: String?) async throws -> Grant
    private let revoke: @Sendable (_ tokenID: String) async throws -> Void
    private let retry: Duration
    private let held: Mutex<Held>
    private let calls: AsyncStream<Void>
    private let call: AsyncStream<Void>.Continuation

    /// Asks for the right.
    ///
    /// - Parameters:
    ///   - retry: pause between tries to renew it, and between two renewals.
    ///   - ask: asks the hub; given the number of the token it goes on from.
    ///   - revoke: revokes a token.
    init(
        retry: Duration = .seconds(5), ask: @escaping @Sendable (_ renewing: String?) async throws -> Grant,
        revoke: @escaping @Sendable (_ tokenID: String) async throws -> Void
    ) async throws {
        self.ask = ask
        self.revoke = revoke
        self.retry = retry
        let start = ContinuousClock.now
        held = Mutex(Held(try await ask(nil), since: start))
        (calls, call) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// How the device is reached now.
    var target: TunnelTarget { held.withLock(\.grant.target) }

    /// The proxy did not accept the right: it is renewed at once, or refused for good.
    func doubt() {
        call.yield()
    }

    /// Renews the right whenever half of its life is over; throws one line when that fails for good.
    func keep() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [self] in
                while true {
                    try await Task.sleep(until: held.withLock(\.renewal))
                    call.yield()
                    try await Task.sleep(for: retry)
                }
            }
            group.addTask { [self] in
                for await _ in calls {
                    try await renew()
                    try await Task.sleep(for: retry)
                }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func renew() async throws {
        while true {
            let (tokenID, end) = held.withLock { ($0.grant.tokenID, $0.end) }
            do {
                let start = ContinuousClock.now
                return take(try await ask(tokenID), since: start)
            } catch let failure as CommandFailure {
                guard Self.mayPass(failure), ContinuousClock.now < end else { throw Self.ended(failure.line) }
            } catch let error as TransportError {
                guard ContinuousClock.now < end else { throw Self.ended("\(error)") }
            }
            try await Task.sleep(for: min(retry, max(end - .now, .milliseconds(10))))
        }
    }

    private func take(_ grant: Grant, since start: ContinuousClock.Instant) {
        held.withLock { held in
            var next = Held(grant, since: start)
            next.former = held.former.filter { $0.end > start } + [(held.grant.tokenID, held.end)]
            held = next
        }
    }

    /// A hub that restarts, a device that lost its connection: they come back.
    private static func mayPass(_ failure: CommandFailure) -> Bool {
        failure.code == 69 || failure.word == "deviceNotConnected"
    }

    private static func ended(_ reason: String) -> CommandFailure {
        .failed("the right to use the tunnel can't be renewed: \(reason)")
    }

    /// Revokes what is still valid, for three seconds at most; returns the numbers of tokens that the hub did not
    /// revoke.
    func end() async -> [String] {
        let now = ContinuousClock.now
        let tokens = held.withLock { held in
            held.former.filter { $0.end > now }.map(\.id) + (held.end > now ? [held.grant.tokenID] : [])
        }
        return await withTaskGroup(of: (token: String, isTaken: Bool)?.self) { group in
            for token in tokens { group.addTask { (token, await self.giveBack(token)) } }
            group.addTask {
                try? await Task.sleep(for: .seconds(3))
                return nil
            }
            defer { group.cancelAll() }
            var answers: [String: Bool] = [:]
            while answers.count < tokens.count, case .some(.some(let answer)) = await group.next() {
                answers[answer.token] = answer.isTaken
            }
            return tokens.filter { answers[$0] != true }
        }
    }

    private func giveBack(_ token: String) async -> Bool {
        do {
            try await revoke(token)
            return true
        } catch {
            // Somebody was faster.
            return (error as? CommandFailure)?.word == "unknownTunnelToken"
        }
    }
}
