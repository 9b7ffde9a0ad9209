import PKI
import Synchronization
import Testing
import Transport
internal import TunnelClient
import Wire

@testable import AdminCLI

/// The right of `hubctl tunnel open`: renewed in time, given back at the end.
@Suite(.timeLimit(.minutes(1))) struct TunnelRightTests {
    /// A hub that grants, refuses and takes back as it is told.
    private final class FakeHub: Sendable {
        private struct State {
            var asked: [String?] = []
            var revoked: [String] = []
            var refusal: CommandFailure?
            var refused = 0
        }

        private let state = Mutex(State())
        private let life: Duration
        private let key: PrivateKey

        init(life: Duration) throws {
            self.life = life
            key = try PrivateKey.makeP256()
        }

        var asked: [String?] { state.withLock(\.asked) }
        var revoked: [String] { state.withLock(\.revoked) }
        var refused: Int { state.withLock(\.refused) }

        func refuse(_ failure: CommandFailure?) {
            state.withLock { $0.refusal = failure }
        }

        func right() async throws -> TunnelRight {
            try await TunnelRight(
                retry: .milliseconds(20), ask: { [self] renewed in try grant(renewed) },
                revoke: { [self] token in
                    try state.withLock { state in
                        if let refusal = state.refusal { throw refusal }
                        state.revoked.append(token)
                    }
                })
        }

        private func grant(_ renewed: String?) throws -> TunnelRight.Grant {
            let number = try state.withLock { state in
                if let refusal = state.refusal {
                    state.refused += 1
                    throw refusal
                }
                state.asked.append(renewed)
                return state.asked.count
            }
            let inner = TunnelTLS(
                identity: ClientIdentity(chain: [], signer: key), roots: [], now: { 0 }, isExpected: { _ in true })
            let target = TunnelTarget(
                proxy: .tls(host: "127.0.0.1", port: 1), tls: TransportTLS(trust: .roots([]), now: { 0 }),
                serverUUID: try #require(TunnelUUID("aaaaaaaa-0000-4000-8000-000000000001")), token: "text \(number)",
                name: "test", mode: .encrypted(inner, port: 22), random: { [] })
            return TunnelRight.Grant(tokenID: "t\(number)", life: life, target: target)
        }
    }

    private static func wait(_ isDone: () -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(50)
        while !isDone(), ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(5)) }
        #expect(isDone())
    }

    @Test func right_IsRenewedAtHalfOfItsLife() async throws {
        let hub = try FakeHub(life: .milliseconds(400))
        let right = try await hub.right()
        #expect(right.target.token == "text 1")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await right.keep() }
            try await Self.wait { hub.asked.count >= 3 }
            group.cancelAll()
        }
        #expect(hub.asked.prefix(3) == [nil, "t1", "t2"])
        #expect(right.target.token == "text \(hub.asked.count)")
    }

    @Test func whatStillCounts_IsGivenBack() async throws {
        let hub = try FakeHub(life: .seconds(3600))
        let right = try await hub.right()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await right.keep() }
            right.doubt()
            try await Self.wait { hub.asked.count == 2 && right.target.token == "text 2" }
            group.cancelAll()
        }
        #expect(await right.end().isEmpty)
        #expect(hub.revoked.sorted() == ["t1", "t2"])
    }

    @Test func rightThatWasTakenBack_EndsTheCommandAtOnce() async throws {
        let hub = try FakeHub(life: .seconds(3600))
        let right = try await hub.right()
        hub.refuse(CommandFailure(line: "no valid tunnel token t1", code: 1, word: "unknownTunnelToken"))
        right.doubt()
        let failure = await #expect(throws: CommandFailure.self) { try await right.keep() }
        #expect(failure?.code == 1)
        #expect(failure?.line == "the right to use the tunnel can't be renewed: no valid tunnel token t1")
        // Nothing is left to take back.
        #expect(await right.end().isEmpty)
    }

    @Test func hubThatIsAwayForAMoment_IsAskedAgain() async throws {
        let hub = try FakeHub(life: .seconds(3600))
        let right = try await hub.right()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await right.keep() }
            for failure in [
                CommandFailure.unreachable("gone"), CommandFailure(line: "d1", code: 1, word: "deviceNotConnected"),
            ] {
                let (count, refused) = (hub.asked.count, hub.refused)
                hub.refuse(failure)
                right.doubt()
                try await Self.wait { hub.refused > refused }
                hub.refuse(nil)
                try await Self.wait { hub.asked.count > count }
            }
            group.cancelAll()
        }
    }

    @Test func hubThatStaysAway_EndsTheCommandWithTheRight() async throws {
        let hub = try FakeHub(life: .milliseconds(100))
        let right = try await hub.right()
        hub.refuse(.unreachable("the hub does not answer"))
        let failure = await #expect(throws: CommandFailure.self) { try await right.keep() }
        #expect(failure?.code == 1)
        #expect(failure?.line.hasSuffix("can't be renewed: the hub does not answer") == true)
    }

    @Test func tokenThatIsNotTaken_IsNamed() async throws {
        let hub = try FakeHub(life: .seconds(3600))
        let right = try await hub.right()
        hub.refuse(.unreachable("gone"))
        #expect(await right.end() == ["t1"])
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("127.0.0.2", true), ("::1", true), ("localhost", true), ("0.0.0.0", false), ("::", false),
        ("127.example", false), ("192.0.2.1", false),
    ])
    func addressesOfThisMachineAlone(address: String, isLoopback: Bool) {
        #expect(TunnelCommand.Open.isLoopback(address) == isLoopback)
    }
}
