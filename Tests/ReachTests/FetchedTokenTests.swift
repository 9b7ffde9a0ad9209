internal import BaseTestSupport
internal import Journal
internal import JournalTestSupport
import Reach
import Testing

/// Tokens that devices fetch themselves.
@Suite struct FetchedTokenTests {
    private static func site() async throws -> ReachRig {
        let rig = try await ReachRig(clock: ManualClock(at: 1_900_000_000))
        for id in ["lamp", "door"] { try await rig.put(id) }
        return rig
    }

    @Test func fetchedToken_IsForADay_AndLeadsToNoDevice() async throws {
        let rig = try await Self.site()
        let (token, text) = try await rig.fetch()
        #expect(token.scope == [.server, .rendezvous] && token.user == "device")
        #expect(token.expiresAt - token.issuedAt == 86_400)
        #expect(await rig.access.token(text) == token)
        #expect(try await rig.events(of: "lamp").map(\.requester.name) == ["device lamp"])
    }

    @Test(arguments: [(0, true), (59, true), (60, false), (-59, true), (-60, false)] as [(Int64, Bool)])
    func deviceThatAsksAgain_GetsTheSame_ForAMinute(after seconds: Int64, isSame: Bool) async throws {
        let rig = try await Self.site()
        let first = try await rig.fetch()
        rig.clock.jump(by: seconds)
        let second = try await rig.fetch()
        #expect((first.token.id == second.token.id) == isSame)
        #expect((first.text == second.text) == isSame)
        #expect(try await rig.events(of: "lamp").count == (isSame ? 1 : 2))
    }

    /// Fetched and revoked at random, beside a list of the newest four that were not revoked.
    @Test(arguments: [1, 2, 3] as [UInt64]) func newestFour_Count(seed: UInt64) async throws {
        var generator = SeededGenerator(seed)
        let rig = try await Self.site()
        let log = EndingLog(rig.base.journal.endings)
        let (made, madeText) = try await rig.issue(life: 30 * 86_400)
        var all: [(token: TunnelToken, text: String)] = []
        var valid: [(token: TunnelToken, text: String)] = []
        var ended: [Ending] = []
        for _ in 0..<40 {
            rig.clock.advance(by: Int64.random(in: 60...30_000, using: &generator))
            valid.removeAll { $0.token.expiresAt <= rig.clock.now }
            if Int.random(in: 0..<4, using: &generator) == 0, let chosen = valid.randomElement(using: &generator) {
                try await rig.revoke(chosen.token.id)
                valid.removeAll { $0.token.id == chosen.token.id }
                ended.append(.tunnelToken(chosen.token.id))
            } else {
                if valid.count == 4 { ended.append(.tunnelToken(valid.removeFirst().token.id)) }
                let next = try await rig.fetch()
                valid.append(next)
                all.append(next)
            }
            for (token, text) in all {
                #expect(await rig.counts(text) == valid.contains { $0.token.id == token.id })
            }
            #expect(log.heard == ended)
            let listed = Set(try await rig.reach.tunnelTokens(of: "lamp", limit: 99).map(\.id))
            #expect(listed == Set(valid.map(\.token.id) + [made.id]))
        }
        #expect(await rig.counts(madeText), "what the operator made is not touched")
    }

    @Test func devices_DoNotShareTheirTokens() async throws {
        let rig = try await Self.site()
        let lamp = try await rig.fetch("lamp")
        for _ in 0..<6 {
            _ = try await rig.fetch("door")
            rig.clock.advance(by: 60)
        }
        #expect(await rig.counts(lamp.text))
        #expect(try await rig.reach.tunnelTokens(of: "door", limit: 9).count == 4)
    }
}
