import Devices
import HubDaemon
import HubHTTP
import HubTestSupport
import Issuing
import Journal
import PKI
import Secrets
import Store
import Testing
internal import Wire

@Suite struct AlarmTests {
    private static func standing(_ hub: TestHub) async throws -> [Alarm] {
        try await hub.hub.rooms.journal.alarms(all: false, before: nil, limit: 100)
    }

    /// A device with a certificate of 30 days, made a moment ago.
    private static func provisioned(_ id: String, at hub: TestHub) async throws -> (TestDevice, Peer) {
        try await hub.addSecret("s", for: id)
        let device = try TestDevice(id, secret: "s")
        let certificate = try Certificate(pem: try await device.provision(at: hub).clientCert)
        return (device, Peer(address: "192.0.2.7", certificate: certificate))
    }

    @Test func lockedSecret_RaisesAnAlarm_ThatClearsWhenTheSecretIsUsed() async throws {
        let hub = try await TestHub()
        let hook = try await hub.hub.rooms.journal.addWebhook(
            NewWebhook(url: "https://desk.example/", events: [.refused, .alarm]), by: .hub
        ).webhook
        try await hub.addSecret("right", for: "d1")
        let wrong = try TestDevice("d1", secret: "wrong")
        for _ in 1...10 { _ = try await wrong.provision(at: hub) }
        let alarm = try #require(try await Self.standing(hub).first)
        #expect(alarm.kind == .secretLocked && alarm.subject == "d1" && alarm.count == 1)
        try await hub.hub.rooms.secrets.clearEndedLocks()
        try await hub.hub.rooms.journal.sweepAlarms()
        #expect(try await Self.standing(hub).count == 1, "the secret is still the one that was guessed at")
        hub.clock.advance(by: 61)
        #expect(try await TestDevice("d1", secret: "right").provision(at: hub).status == .approved)
        #expect(try await Self.standing(hub).isEmpty)
        #expect(try await hub.hub.rooms.journal.webhook(hook.id).queued == 3, "refused, raised, cleared")
    }

    @Test func webhookAndAlarmThatWereUndone_AreLookedForAgain() async throws {
        let hub = try await TestHub()
        let rooms = hub.hub.rooms
        // Nothing there, which the store now knows.
        try await rooms.journal.store.write { db in try rooms.journal.clearAlarm(.fakeHub, "d1", in: db) }
        try? await rooms.journal.store.write { db in
            try rooms.journal.raiseAlarm(.fakeHub, "d1", in: db)
            try rooms.journal.clearAlarm(.fakeHub, "d1", in: db)
            throw CancellationError()
        }
        try await rooms.journal.store.write { db in try rooms.journal.raiseAlarm(.fakeHub, "d1", in: db) }
        #expect(try await Self.standing(hub).map(\.subject) == ["d1"])
        // Clearing it makes the kind absent; the rollback brings alarm and knowledge back.
        try? await rooms.journal.store.write { db in
            try rooms.journal.clearAlarm(.fakeHub, "d1", in: db)
            try rooms.journal.clearAlarm(.fakeHub, "d2", in: db)
            throw CancellationError()
        }
        try await rooms.journal.store.write { db in try rooms.journal.clearAlarm(.fakeHub, "d1", in: db) }
        #expect(try await Self.standing(hub).isEmpty)
        let hook = try await rooms.journal.addWebhook(NewWebhook(url: "https://desk.example/"), by: .hub).webhook
        try await rooms.journal.store.write { db in try rooms.journal.notify(.pending, "d1", in: db) }
        #expect(try await rooms.journal.webhook(hook.id).queued == 1)
    }

    @Test func lockedSecretThatIsRemoved_ClearsTheAlarm() async throws {
        let hub = try await TestHub()
        try await hub.addSecret("right", for: "d1")
        let wrong = try TestDevice("d1", secret: "wrong")
        for _ in 1...10 { _ = try await wrong.provision(at: hub) }
        try await hub.hub.rooms.secrets.removeSecret(of: "d1", by: .hub)
        try await hub.hub.rooms.secrets.clearEndedLocks()
        try await hub.hub.rooms.journal.sweepAlarms()
        #expect(try await Self.standing(hub).isEmpty)
    }

    @Test func certificateThatEnds_IsToldOnce_AndClearsWhenRenewed() async throws {
        let hub = try await TestHub()
        let rooms = hub.hub.rooms
        let hook = try await rooms.journal.addWebhook(
            NewWebhook(url: "https://desk.example/", events: [.expiring]), by: .hub
        ).webhook
        let (device, peer) = try await Self.provisioned("d1", at: hub)
        hub.clock.advance(by: 22 * 86_400)
        try await hub.hub.issuer.sweepExpiring()
        #expect(try await Self.standing(hub).isEmpty, "more than a week is left")
        hub.clock.advance(by: 2 * 86_400)
        for _ in 1...3 { try await hub.hub.issuer.sweepExpiring() }
        let alarm = try #require(try await Self.standing(hub).first)
        #expect(alarm.kind == .certificateExpiring && alarm.subject == "d1" && alarm.count == 1)
        #expect(try await rooms.journal.webhook(hook.id).queued == 1)
        #expect(try await device.provision(at: hub, as: peer).status == .approved)
        #expect(try await Self.standing(hub).isEmpty)
        // The next certificate is another serial, and told of again.
        hub.clock.advance(by: 24 * 86_400)
        try await hub.hub.issuer.sweepExpiring()
        #expect(try await rooms.journal.webhook(hook.id).queued == 2)
    }

    @Test func shortLivedCertificate_IsToldInItsLastThird() async throws {
        let hub = try await TestHub { $0.deviceValidity = 3 * 86_400 }
        _ = try await Self.provisioned("d1", at: hub)
        hub.clock.advance(by: 86_400)
        try await hub.hub.issuer.sweepExpiring()
        #expect(try await Self.standing(hub).isEmpty)
        hub.clock.advance(by: 86_400 + 3600)
        try await hub.hub.issuer.sweepExpiring()
        #expect(try await Self.standing(hub).count == 1)
    }

    @Test(arguments: [DeviceState.rejected, .removed, .revoked])
    func deviceThatIsOut_NeedsNoCertificate(state: DeviceState) async throws {
        let hub = try await TestHub()
        _ = try await Self.provisioned("d1", at: hub)
        hub.clock.advance(by: 25 * 86_400)
        try await hub.hub.issuer.sweepExpiring()
        #expect(try await Self.standing(hub).count == 1)
        switch state {
        case .rejected: try await hub.hub.issuer.reject(deviceID: "d1", by: .hub)
        case .removed: try await hub.hub.issuer.remove(deviceID: "d1", by: .hub)
        default:
            let devices = hub.hub.rooms.devices
            try await hub.hub.rooms.journal.store.write { db in
                var device = try #require(try devices.device("d1", in: db))
                device.state = .revoked
                try devices.save(device, in: db)
            }
            try await hub.hub.issuer.sweepExpiring()
        }
        #expect(try await Self.standing(hub).isEmpty)
    }

    @Test func authorityThatEnds_IsAnAlarmHalfAYearBefore() async throws {
        let hub = try await TestHub()
        let end = hub.hub.issuer.authority.certificate.notAfter
        try await hub.hub.issuer.sweepAuthority()
        #expect(try await Self.standing(hub).isEmpty)
        hub.clock.advance(by: end - hub.clock.now - 179 * 86_400)
        for _ in 1...2 { try await hub.hub.issuer.sweepAuthority() }
        let alarms = try await Self.standing(hub)
        #expect(alarms.map(\.kind) == [.authorityExpiring] && alarms.first?.count == 1)
        hub.clock.advance(by: -10 * 365 * 86_400)
        try await hub.hub.issuer.sweepAuthority()
        #expect(try await Self.standing(hub).isEmpty)
    }

    @Test func acknowledgedIncident_IsHeardAgainWhenItHappensAgain() async throws {
        let hub = try await TestHub()
        let rooms = hub.hub.rooms
        try await rooms.journal.reportFakeHub("d1", detail: "192.0.2.66:43776 idprov: foreignAuthority", by: .hub)
        let first = try #require(try await Self.standing(hub).first)
        #expect(first.detail.contains("192.0.2.66"))
        _ = try await rooms.journal.acknowledgeAlarm(first.id, by: Requester(name: "uid 0", address: "local"))
        #expect(try await Self.standing(hub).isEmpty)
        #expect(try await rooms.journal.alarms(all: true, before: nil, limit: 9).first?.acknowledgedBy == "uid 0")
        try await rooms.journal.reportFakeHub("d1", detail: "again", by: .hub)
        let again = try #require(try await Self.standing(hub).first)
        #expect(again.id == first.id && again.count == 2 && again.acknowledgedAt == nil)
        hub.clock.advance(by: 7 * 86_400)
        try await rooms.secrets.clearEndedLocks()
        try await rooms.journal.sweepAlarms()
        #expect(try await Self.standing(hub).isEmpty)
        await #expect(throws: JournalError.unknownAlarm("\(first.id)")) {
            try await rooms.journal.acknowledgeAlarm(first.id, by: .hub)
        }
    }

    @Test func acknowledgedState_StaysQuietUntilItClears() async throws {
        let hub = try await TestHub()
        _ = try await Self.provisioned("d1", at: hub)
        hub.clock.advance(by: 25 * 86_400)
        try await hub.hub.issuer.sweepExpiring()
        let alarm = try #require(try await Self.standing(hub).first)
        _ = try await hub.hub.rooms.journal.acknowledgeAlarm(alarm.id, by: .hub)
        try await hub.hub.issuer.sweepExpiring()
        #expect(try await Self.standing(hub).isEmpty)
        #expect(try await hub.hub.rooms.journal.alarmCounts() == [:])
    }

    @Test func clearedAlarms_AreKeptForAWhile() async throws {
        let hub = try await TestHub()
        let rooms = hub.hub.rooms
        try await rooms.journal.reportFakeHub("d1", detail: "", by: .hub)
        hub.clock.advance(by: 8 * 86_400)
        try await rooms.secrets.clearEndedLocks()
        try await rooms.journal.sweepAlarms()
        #expect(try await rooms.journal.alarms(all: true, before: nil, limit: 9).count == 1)
        hub.clock.advance(by: 91 * 86_400)
        try await rooms.secrets.clearEndedLocks()
        try await rooms.journal.sweepAlarms()
        #expect(try await rooms.journal.alarms(all: true, before: nil, limit: 9).isEmpty)
    }
}
