internal import AdminAPI
internal import Encoding
import Foundation
import HTTPTypes
import HubHTTP
internal import HubRuntime
import HubTestSupport
import Issuing
internal import IssuingTestSupport
internal import Journal
internal import JournalTestSupport
import PKI
internal import Rooms
internal import RouteTestSupport
internal import SecretsTestSupport
import Testing

@testable import HubDaemon
internal import Upkeep
internal import Wire

/// A hub whose clock was ahead, and was set right (docs/time.md).
@Suite struct ClockJumpTests {
    private static let year: Int64 = 365 * 86_400

    private static func hub(_ folder: TemporaryFolder? = nil, _ clock: ManualClock? = nil) async throws -> TestHub {
        try await TestHub(folder: folder, clock: clock ?? ManualClock(at: 1_900_000_000))
    }

    private static func names(_ hub: TestHub) -> [String] {
        ["server.crt", "admin.crt", "ocsp.crt"].map { hub.hub.state.authority($0) }
    }

    private static func begins(_ hub: TestHub) throws -> [Int64] {
        try names(hub).map { try Certificate(pem: String(contentsOfFile: $0, encoding: .utf8)).notBefore }
    }

    @Test func ownCertificatesOfTheFuture_AreMadeAnewAtTheNextLook() async throws {
        let hub = try await Self.hub()
        let right = hub.clock.now
        hub.clock.jump(by: Self.year)
        let keeper = try await EndedAuthorityTests.keeper(hub.hub)
        await keeper.refresh()
        #expect(try Self.begins(hub).allSatisfy { $0 == right + Self.year - 60 })
        hub.clock.jump(by: -Self.year)
        await keeper.refresh()
        #expect(try Self.begins(hub) == [right - 60, right - 60, right - 60])
        let serial = try Certificate(pem: String(contentsOfFile: Self.names(hub)[0], encoding: .utf8)).serial
        await keeper.refresh()
        let again = try Certificate(pem: String(contentsOfFile: Self.names(hub)[0], encoding: .utf8)).serial
        #expect(serial == again, "once")
    }

    @Test func ownCertificatesOfTheFuture_AreMadeAnewAtTheNextStart() async throws {
        let (folder, clock) = (try TemporaryFolder(), ManualClock(at: 1_900_000_000 + Self.year))
        try await { () async throws in
            let hub = try await Self.hub(folder, clock)
            await (try await EndedAuthorityTests.keeper(hub.hub)).refresh()
        }()
        clock.jump(by: -Self.year)
        let hub = try await Self.hub(folder, clock)
        _ = try await EndedAuthorityTests.keeper(hub.hub)
        #expect(try Self.begins(hub)[0] == clock.now - 60)
        #expect(hub.hub.issuer.authority.certificate.notBefore < clock.now, "made ahead, and good now")
    }

    @Test func authorityMadeByAnyClock_IsValidAtTheRightTime() async throws {
        let now: Int64 = 1_900_000_000
        for start in [0, now - 10 * Self.year, now, now + 10 * Self.year] {
            let hub = try await Self.hub(nil, ManualClock(at: start))
            let certificate = hub.hub.issuer.authority.certificate
            #expect(certificate.notBefore < min(now, start + 1) && certificate.notAfter > now + 5 * Self.year)
        }
    }

    @Test func listOfTheFuture_IsMadeAnewAtTheNextRequest() async throws {
        let hub = try await Self.hub()
        hub.clock.jump(by: Self.year)
        let ahead = try #require(try await hub.hub.lists.list(1))
        hub.clock.jump(by: -Self.year)
        let list = try #require(try await hub.hub.lists.list(1))
        #expect(list.signedAt == hub.clock.now && list.number > ahead.number)
    }

    @Test func setBack_IsToldOnce_InTrailAlarmAndStatus() async throws {
        let hub = try await Self.hub()
        #expect(try await hub.hub.rooms.journal.lookAtClock() == nil)
        hub.clock.advance(by: 3600)
        #expect(try await hub.hub.rooms.journal.lookAtClock() == nil)
        hub.clock.jump(by: -3600)
        let to = hub.clock.now
        #expect(try await hub.hub.rooms.journal.lookAtClock() == .back(from: to + 3600, to: to))
        #expect(try await hub.hub.rooms.journal.lookAtClock() == nil)
        let alarms = try await hub.hub.rooms.journal.alarms(all: false, before: nil, limit: 10)
        #expect(alarms.map(\.kind) == [.clockSetBack])
        let status = try await HubStatus(hub: hub.hub).status()
        #expect(status.clockProblem == "set back by 3600 s at \(RFC3339.text(to))")
        let events = try await hub.hub.rooms.journal.auditEvents(before: nil, subject: "hub", limit: 10)
        #expect(events.map(\.action) == ["clock.back"])
        #expect(try await hub.hub.rooms.journal.verifyAudit() == .intact(events: events[0].sequence, after: 0))
        hub.clock.advance(by: 8 * 86_400)
        try await hub.hub.rooms.journal.sweepAlarms()
        #expect(try await hub.hub.rooms.journal.alarms(all: false, before: nil, limit: 10).isEmpty)
    }

    @Test func setForward_IsNoAlarm() async throws {
        let hub = try await Self.hub()
        hub.clock.jump(by: Self.year)
        let now = hub.clock.now
        #expect(try await hub.hub.rooms.journal.lookAtClock() == .forward(from: now - Self.year, to: now))
        #expect(try await hub.hub.rooms.journal.alarms(all: false, before: nil, limit: 10).isEmpty)
    }

    @Test func setBackWhileTheHubWasOff_IsTold() async throws {
        let (folder, clock) = (try TemporaryFolder(), ManualClock(at: 1_900_000_000))
        _ = try await Self.hub(folder, clock)
        clock.jump(by: -86_400)
        let hub = try await Self.hub(folder, clock)
        #expect(
            try await hub.hub.rooms.journal.alarms(all: false, before: nil, limit: 10).map(\.kind) == [.clockSetBack]
        )
    }

    @Test func revokedCertificate_StaysRevokedWhateverTheClockDoes() async throws {
        let (folder, clock) = (try TemporaryFolder(), ManualClock(at: 1_900_000_000))
        let certificate = try await { () async throws -> Certificate in
            let hub = try await Self.hub(folder, clock)
            let certificate = try await hub.hub.issuer.issue(
                commonName: "phone", ou: "client", publicKey: try PrivateKey.makeP256().publicKey, by: .hub)
            try await hub.hub.issuer.revoke(
                serial: certificate.serial.description, reason: .keyCompromise, by: .hub)
            clock.jump(by: 5 * Self.year)
            try await hub.hub.issuer.removeEndedCertificates()
            return certificate
        }()
        let hub = try await Self.hub(folder, clock)
        clock.advance(by: 40 * 86_400)
        try await hub.hub.issuer.removeEndedCertificates()
        clock.jump(by: -5 * Self.year)
        #expect(hub.hub.issuer.standing(of: [certificate]) == .refused)
        let list = try #require(try await hub.hub.lists.list(1))
        #expect(Self.contains(list.der, certificate.serial.bytes))
    }

    private static func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
        bytes.indices.contains { bytes[$0...].starts(with: part) }
    }

    @Test func deviceCertificateOfTheFuture_IsGoodForItsRenewalOnly() async throws {
        let hub = try await Self.hub()
        hub.clock.jump(by: Self.year)
        try await hub.addSecret("s", for: "d1")
        let device = try TestDevice("d1", secret: "s")
        let ahead = try Certificate(pem: try await device.provision(at: hub).clientCert)
        hub.clock.jump(by: -Self.year)
        #expect(hub.hub.issuer.standing(of: [ahead]) == .ended)
        let answer = try await device.provision(at: hub, as: Peer(address: "192.0.2.7", endedCertificate: ahead))
        let renewed = try Certificate(pem: answer.clientCert)
        #expect(renewed.notBefore == hub.clock.now - 60 && hub.hub.issuer.standing(of: [renewed]) == .valid)
        // It is the device's no more, so it is good for nothing.
        let again = try await TestDevice("d1", secret: "x").provision(
            at: hub, as: Peer(address: "192.0.2.7", endedCertificate: ahead))
        #expect(again.status != .approved)
        try await hub.hub.issuer.revoke(deviceID: "d1", reason: .keyCompromise, by: .hub)
        #expect(hub.hub.issuer.standing(of: [ahead]) == .refused)
    }

    @Test func authorityOfThePast_OutlivesAClockThatJumps() async throws {
        let hub = try await Self.hub()
        _ = try await hub.peer("phone", ou: "client")
        try await hub.hub.issuer.rotate(hub.hub.catalogue, by: .hub)
        hub.clock.jump(by: 3 * Self.year)
        _ = try await hub.hub.rooms.journal.lookAtClock()
        hub.clock.advance(by: 3600)
        #expect(try await hub.hub.issuer.retireEnded(hub.hub.catalogue).isEmpty)
        hub.clock.jump(by: -3 * Self.year)
        #expect(try await hub.hub.issuer.retireEnded(hub.hub.catalogue).isEmpty)
        hub.clock.advance(by: 3 * Self.year)
        #expect(try await hub.hub.issuer.retireEnded(hub.hub.catalogue) == [1])
    }

    @Test func expiryToldByAClockThatWasAhead_IsToldAgainWhenItIsTrue() async throws {
        let hub = try await Self.hub()
        try await hub.addSecret("s", for: "d1")
        _ = try await TestDevice("d1", secret: "s").provision(at: hub)
        for _ in 0..<2 {
            hub.clock.jump(by: 25 * 86_400)
            try await CertificateExpiry(issuer: hub.hub.issuer).sweepExpiring()
            let kinds = try await hub.hub.rooms.journal.alarms(all: false, before: nil, limit: 10).map(\.kind)
            #expect(kinds.contains(.certificateExpiring))
            hub.clock.jump(by: -25 * 86_400)
            try await CertificateExpiry(issuer: hub.hub.issuer).sweepExpiring()
        }
    }
}
