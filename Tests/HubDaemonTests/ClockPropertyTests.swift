import Devices
import Foundation
import HubHTTP
internal import HubRuntime
import HubTestSupport
import Issuing
internal import IssuingTestSupport
internal import Journal
internal import JournalTestSupport
internal import People
import PKI
internal import Reach
internal import RecordTestSupport
internal import Rooms
internal import RouteTestSupport
internal import Secrets
internal import SecretsTestSupport
import Testing

@testable import HubDaemon
internal import Upkeep
internal import Wire

/// A hub under random changes of its clock, between all it does: after each of them the rule of docs/time.md holds.
@Suite struct ClockPropertyTests {
    /// SplitMix64: the same seed gives the same run.
    private struct Dice: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var word = state
            word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
            word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
            return word ^ (word >> 31)
        }
    }

    private static let base: Int64 = 1_900_000_000
    private static let day: Int64 = 86_400
    private static let guesser = Requester(name: "anonymous", address: "192.0.2.66")

    /// What was made so far.
    private struct Made {
        var certificates: [Certificate] = []
        var revoked: [Certificate] = []
        var logins: [String] = []
        var ended: [String] = []
        var tokens: [(text: String, id: String, life: Int64)] = []
        var deadTokens: [String] = []
        var listNumber: Int64 = 0
        var windowMayBeOpen = false
        var windowSeconds: Int64 = 0
        var latest: Int64 = 0
    }

    /// A run: the hub, and everything beside it.
    private final class World {
        let folder: TemporaryFolder
        let clock = ManualClock(at: ClockPropertyTests.base)
        var hub: TestHub
        var keeper: CertificateKeeper
        var made = Made()
        var device: TestDevice

        init() async throws {
            folder = try TemporaryFolder()
            hub = try await TestHub(folder: folder, clock: clock)
            keeper = try await EndedAuthorityTests.keeper(hub.hub)
            device = try TestDevice("d1", secret: "a secret that nobody guesses")
            try await hub.hub.rooms.people.addUser("ann", role: .viewer, password: "correct horse", by: .hub)
            try await hub.addSecret("a secret that nobody guesses", for: "d1", life: 3600)
            made.certificates.append(try Certificate(pem: try await device.provision(at: hub).clientCert))
            made.latest = clock.now
        }

        var rooms: Rooms { hub.hub.rooms }
        var issuer: Issuer { hub.hub.issuer }
    }

    @Test(arguments: 0..<8 as Range<UInt64>) func ruleHolds_WhateverTheClockDoes(_ seed: UInt64) async throws {
        var dice = Dice(state: seed)
        let world = try await World()
        for step in 0..<50 {
            try await Self.moveClock(world, &dice)
            try await Self.look(world)
            try await Self.act(world, &dice)
            try await Self.check(world, "seed \(seed), step \(step)")
        }
        guard case .intact = try await world.rooms.journal.verifyAudit() else {
            Issue.record("the trail is broken")
            return
        }
    }

    private static func moveClock(_ world: World, _ dice: inout Dice) async throws {
        let offset = world.clock.now - base
        switch Int.random(in: 0..<5, using: &dice) {
        case 0: world.clock.jump(by: Int64.random(in: -3 * 365...3 * 365, using: &dice) * day - offset)
        case 1: world.clock.jump(by: Int64.random(in: -7200...7200, using: &dice))
        case 2: world.clock.jump(by: Int64.random(in: -90...90, using: &dice))
        case 3: world.clock.advance(by: Int64.random(in: 1...40 * day, using: &dice))
        default: world.clock.advance(by: Int64.random(in: 1...600, using: &dice))
        }
    }

    private static func look(_ world: World) async throws {
        let before = world.clock.now
        if case .back = try await world.rooms.journal.lookAtClock() {
            let alarms = try await world.rooms.journal.alarms(all: true, before: nil, limit: 100)
            #expect(alarms.contains { $0.kind == .clockSetBack && $0.lastSeen == before })
        }
        await world.keeper.refresh()
        try await world.rooms.pairingWindows.sweep()
        try await world.rooms.secrets.removeExpiredSecrets()
        try await world.rooms.devices.removeForgottenPending()
        try await world.rooms.reach.removeEndedTunnelTokens()
        try await world.issuer.removeEndedCertificates()
    }

    private static func act(_ world: World, _ dice: inout Dice) async throws {
        switch Int.random(in: 0..<10, using: &dice) {
        case 0: try await issue(world)
        case 1:
            guard let certificate = world.made.certificates.dropFirst().randomElement(using: &dice) else { return }
            do {
                try await world.issuer.revoke(
                    serial: certificate.serial.description, reason: .keyCompromise, by: .hub)
                world.made.revoked.append(certificate)
                world.made.certificates.removeAll { $0 == certificate }
            } catch IssuingError.unknownCertificate {}
        case 2:
            world.made.logins.append(try await world.rooms.people.logIn("ann", password: "correct horse", by: .hub))
        case 3:
            guard let token = world.made.logins.popLast(),
                let session = try await world.rooms.people.session(userToken: token)
            else { return }
            try await world.rooms.people.logOut(session, by: .hub)
            world.made.ended.append(token)
        case 4:
            let life = Int64.random(in: 60...30 * day, using: &dice)
            let made = try await world.rooms.reach.issueTunnelToken(
                for: "d1", user: "ann", scope: [.rendezvous], life: life, by: .hub)
            world.made.tokens.append((made.text, made.token.id, life))
        case 5:
            guard let token = world.made.tokens.popLast() else { return }
            world.made.deadTokens.append(token.text)
            do { try await world.issuer.revokeTunnelToken(token.id, by: .hub) } catch TunnelTokenError.unknownToken {}
        case 6:
            world.made.windowSeconds = Int64.random(in: 1...120, using: &dice) * 60
            _ = try await world.rooms.pairingWindows.open(
                NewPairingWindow(minutes: Int(world.made.windowSeconds / 60)), by: .hub)
            world.made.windowMayBeOpen = true
        case 7:
            try await world.hub.addSecret("another secret that nobody guesses", for: "d2", life: 5 * 365 * day)
            guard let secret = try await world.issuer.claim("d2").secret else { return }
            for _ in 0..<Int.random(in: 1...12, using: &dice) {
                try await world.rooms.secrets.countWrongGuess(at: secret, by: guesser)
            }
        case 8: try await renew(world)
        default: try await restart(world)
        }
    }

    private static func issue(_ world: World) async throws {
        world.made.certificates.append(
            try await world.issuer.issue(
                commonName: "phone", ou: "client", publicKey: try PrivateKey.makeP256().publicKey, by: .hub))
    }

    /// The device comes with what it has, as the TLS listener judges it.
    private static func renew(_ world: World) async throws {
        guard let held = world.made.certificates.first, world.issuer.standing(of: [held]) != .refused else { return }
        let isValid = world.issuer.standing(of: [held]) == .valid
        let peer = Peer(
            address: "192.0.2.7", certificate: isValid ? held : nil, endedCertificate: isValid ? nil : held)
        let answer = try await world.device.provision(at: world.hub, as: peer)
        guard answer.status == .approved else { return }
        world.made.certificates[0] = try Certificate(pem: answer.clientCert)
        #expect(world.issuer.standing(of: [world.made.certificates[0]]) == .valid)
    }

    private static func restart(_ world: World) async throws {
        // The lock of the state folder must be free before.
        let (folder, clock) = (world.folder, world.clock)
        let other = try TemporaryFolder()
        world.hub = try await TestHub(folder: other, clock: clock)
        world.keeper = try await EndedAuthorityTests.keeper(world.hub.hub)
        world.hub = try await TestHub(folder: folder, clock: clock)
        world.keeper = try await EndedAuthorityTests.keeper(world.hub.hub)
        await world.keeper.refresh()
    }

    // MARK: - What the rule says

    private static func check(_ world: World, _ context: Comment) async throws {
        let (now, rooms) = (world.clock.now, world.rooms)
        for name in ["server.crt", "admin.crt", "ocsp.crt"] {
            let pem = try String(contentsOfFile: world.hub.hub.state.authority(name), encoding: .utf8)
            let certificate = try Certificate(pem: pem)
            #expect(certificate.notBefore <= now && now < certificate.notAfter, context)
        }
        let list = try #require(try await world.hub.hub.lists.list(1))
        #expect(list.signedAt <= now && now < list.nextUpdate && list.number >= world.made.listNumber, context)
        world.made.listNumber = list.number
        for certificate in world.made.revoked {
            #expect(world.issuer.standing(of: [certificate]) == .refused, context)
        }
        for certificate in world.made.certificates where certificate.notBefore > now {
            #expect(world.issuer.standing(of: [certificate]) != .valid, context)
        }
        #expect(rooms.journal.slowestTime <= rooms.journal.slowTime && rooms.journal.slowTime <= now, context)
        try await checkRights(world, context)
        if case .backOff(let seconds) = try await world.issuer.claim("d2", from: guesser.address).gates.plain {
            #expect((1...3660).contains(seconds), context)
        }
        if let window = try await rooms.pairingWindows.current() {
            #expect(world.made.windowMayBeOpen, context)
            #expect(window.closesAt - now <= world.made.windowSeconds + ClockKeeper.tolerance, context)
        } else {
            world.made.windowMayBeOpen = false
        }
    }

    private static func checkRights(_ world: World, _ context: Comment) async throws {
        let rooms = world.rooms
        for token in world.made.tokens {
            guard let found = await rooms.reach.tunnels.token(token.text) else { continue }
            #expect(found.expiresAt - world.clock.now <= token.life + ClockKeeper.tolerance, context)
        }
        for text in world.made.deadTokens { await #expect(rooms.reach.tunnels.token(text) == nil, context) }
        for token in world.made.ended { #expect(try await rooms.people.session(userToken: token) == nil, context) }
        // Nobody's login lasts longer than a week from now.
        let week = People.loginSeconds + ClockKeeper.tolerance
        world.clock.jump(by: week)
        for token in world.made.logins { #expect(try await rooms.people.session(userToken: token) == nil, context) }
        world.clock.jump(by: -week)
    }
}
