internal import Devices
internal import Journal
internal import JournalTestSupport
import Reach
internal import Store
import Testing
import Wire

/// Tokens of tunnels that operators make.
@Suite struct TunnelTokenTests {
    private static func site(_ clock: ManualClock? = nil) async throws -> ReachRig {
        let rig = try await ReachRig(clock: clock)
        for id in ["lamp", "door"] { try await rig.put(id) }
        return rig
    }

    @Test(arguments: (0...7).map { TunnelScope(rawValue: $0) })
    func token_SaysWhatItWasMadeFor_UntilItEnds(_ scope: TunnelScope) async throws {
        let rig = try await Self.site(ManualClock(at: 1_900_000_000))
        guard !scope.isEmpty else {
            await #expect(throws: TunnelTokenError.self) { try await rig.issue(scope: scope) }
            return
        }
        let (token, text) = try await rig.issue(user: "ann é", scope: scope, life: 600)
        #expect(token.deviceID == "lamp" && token.user == "ann é" && token.scope == scope && token.id.utf8.count == 16)
        #expect(token.issuedAt == 1_900_000_000 && token.expiresAt == 1_900_000_600)
        #expect(await rig.access.token(text) == token)
        rig.clock.advance(by: 599)
        #expect(await rig.access.token(text) == token)
        rig.clock.advance(by: 1)
        #expect(await rig.access.token(text) == nil)
        let event = try #require(try await rig.events(of: "lamp").last)
        #expect(event.action == "tunnel.token" && event.requester.name == "user ann é")
        let words = scope.words.joined(separator: ",")
        #expect(event.detail == #"{"token":"\#(token.id)","user":"ann é","scope":"\#(words)","seconds":"600"}"#)
        #expect(!event.detail.contains(text), "the token itself is nowhere")
    }

    @Test(
        arguments: [
            (59, "ann"), (30 * 86_400 + 1, "ann"), (0, "ann"), (-1, "ann"), (.max, "ann"), (600, ""),
            (600, String(repeating: "u", count: 65)), (600, "a\u{1B}"), (600, "a\n"),
        ] as [(Int64, String)])
    func tokenOutOfBounds_IsNotMade(life: Int64, user: String) async throws {
        let rig = try await Self.site()
        await #expect(throws: TunnelTokenError.self) { try await rig.issue(user: user, life: life) }
        #expect(try await rig.reach.tunnelTokens(of: nil, limit: 9).isEmpty)
        #expect(try await rig.events().isEmpty)
    }

    @Test(arguments: [60, 30 * 86_400] as [Int64], ["u", String(repeating: "é", count: 64)])
    func tokenWithinTheBounds_IsMade(life: Int64, user: String) async throws {
        let rig = try await Self.site()
        let (token, text) = try await rig.issue(user: user, life: life)
        #expect(await rig.access.token(text) == token)
    }

    @Test(arguments: DeviceState.allCases) func device_NeedsACertificate(_ state: DeviceState) async throws {
        let rig = try await Self.site()
        try await rig.put("lamp", state)
        if state == .approved {
            _ = try await rig.issue()
            _ = try await rig.fetch()
        } else {
            await #expect(throws: TunnelTokenError.deviceNotApproved("lamp")) { try await rig.issue() }
            await #expect(throws: TunnelTokenError.deviceNotApproved("lamp")) { try await rig.fetch() }
        }
        await #expect(throws: DevicesError.unknownDevice("nobody")) { try await rig.issue("nobody") }
        await #expect(throws: DevicesError.unknownDevice("nobody")) { try await rig.fetch("nobody") }
    }

    @Test func tokensOfADevice_AreSoMany_WhateverItFetchesItself() async throws {
        let rig = try await Self.site()
        let first = try await rig.issue(life: 60).token
        let second = try await rig.issue().token
        try await withThrowingTaskGroup { group in
            for _ in 2..<256 { group.addTask { _ = try await rig.issue() } }
            try await group.waitForAll()
        }
        await #expect(throws: TunnelTokenError.tooManyTokens(256)) { try await rig.issue() }
        _ = try await rig.issue("door")
        _ = try await rig.fetch()
        try await rig.revoke(second.id)
        _ = try await rig.issue()
        await #expect(throws: TunnelTokenError.tooManyTokens(256)) { try await rig.issue() }
        rig.clock.advance(by: 60)
        _ = try await rig.issue()
        #expect(try await rig.reach.tunnelTokens(of: "lamp", limit: 999).contains { $0.id == first.id } == false)
    }

    @Test func renewal_GoesOnFromATokenThatCounts() async throws {
        let rig = try await Self.site()
        let (former, text) = try await rig.issue(life: 60)
        let (next, _) = try await rig.issue(renewing: former.id)
        #expect(next.id != former.id)
        #expect(await rig.counts(text), "the former lasts as long as it did")
        for (device, id) in [
            ("door", former.id), ("lamp", "0000000000000000"), ("lamp", ""), ("lamp", former.id.uppercased() + "x"),
        ] {
            await #expect(throws: TunnelTokenError.unknownToken(id)) { try await rig.issue(device, renewing: id) }
        }
        rig.clock.advance(by: 60)
        await #expect(throws: TunnelTokenError.unknownToken(former.id), "it has ended") {
            try await rig.issue(renewing: former.id)
        }
        try await rig.revoke(next.id)
        await #expect(throws: TunnelTokenError.unknownToken(next.id), "it was revoked") {
            try await rig.issue(renewing: next.id)
        }
    }

    @Test func revokedToken_IsRefused_BeforeAnybodyHearsOfIt() async throws {
        let rig = try await Self.site()
        let (token, text) = try await rig.issue()
        let (other, otherText) = try await rig.issue()
        let log = EndingLog(rig.base.journal.endings)
        try await rig.revoke(token.id)
        #expect(log.heard == [.tunnelToken(token.id)])
        #expect(await !rig.counts(text))
        #expect(await rig.counts(otherText))
        #expect(try await rig.reach.tunnelTokens(of: nil, limit: 9) == [other])
        let event = try #require(try await rig.events(of: "lamp").last)
        #expect(event.action == "tunnel.revoke" && event.detail == #"{"token":"\#(token.id)"}"#)
        await #expect(throws: TunnelTokenError.unknownToken(token.id)) { try await rig.revoke(token.id) }
        #expect(log.heard.count == 1)
    }

    @Test func revocation_OutlivesARestart() async throws {
        let folder = try TemporaryFolder()
        let clock = ManualClock(at: 1_900_000_000)
        let texts = try await { () -> [String] in
            let rig = try await ReachRig(folder: folder, clock: clock)
            try await rig.put("lamp")
            let (one, other) = (try await rig.issue(), try await rig.issue())
            try await rig.revoke(one.token.id)
            return [one.text, other.text]
        }()
        let rig = try await ReachRig(folder: folder, clock: clock)
        try await rig.reach.loadTunnelTokens()
        #expect(await !rig.counts(texts[0]))
        #expect(await rig.counts(texts[1]))
    }

    @Test func lists_HaveThoseThatCount_ThoseThatEndFirstInFront() async throws {
        let rig = try await Self.site()
        var made: [TunnelToken] = []
        for (device, life) in [("lamp", 600), ("door", 60), ("lamp", 3600), ("door", 1200)] as [(String, Int64)] {
            made.append(
                try await rig.issue(device, scope: life == 600 ? .server : [.client, .rendezvous], life: life).token)
        }
        let reach = rig.reach
        #expect(try await reach.tunnelTokens(of: nil, limit: 9) == [made[1], made[0], made[3], made[2]])
        #expect(try await reach.tunnelTokens(of: nil, limit: 2) == [made[1], made[0]])
        #expect(try await reach.tunnelTokens(of: "lamp", limit: 9) == [made[0], made[2]])
        #expect(try await reach.tunnelTokens(of: "L\u{212A}", limit: 9).isEmpty)
        rig.clock.advance(by: 60)
        try await rig.revoke(made[2].id)
        #expect(try await reach.tunnelTokens(of: nil, limit: 9) == [made[0], made[3]])
        let clients = try await rig.base.store.read { db in
            try ["lamp", "door"].map { try reach.clientTunnelTokens(of: $0, in: db) }
        }
        #expect(clients == [[made[2].id], [made[3].id]], "also those that were revoked, not those that ended")
    }

    @Test func sweep_ForgetsWhatHasEnded_AndNothingElse() async throws {
        let rig = try await Self.site()
        let (short, shortText) = try await rig.issue(life: 60)
        let (long, longText) = try await rig.issue(life: 3600)
        try await rig.revoke(long.id)
        rig.clock.advance(by: 60)
        try await rig.reach.sweep()
        #expect(await !rig.counts(shortText))
        #expect(await !rig.counts(longText), "a revoked one is remembered until its end")
        let found = try await rig.base.store.read { [reach = rig.reach] db in
            try reach.clientTunnelTokens(of: "lamp", in: db)
        }
        #expect(found == [long.id])
        await #expect(throws: TunnelTokenError.unknownToken(short.id)) { try await rig.revoke(short.id) }
    }
}
