internal import Journal
import PKI
internal import RecordTestSupport
internal import Secrets
import Store
import Testing
internal import Wire

@Suite struct AlarmTests {
    private static func standing(_ rig: RecordRig) async throws -> [Alarm] {
        try await rig.rooms.journal.alarms(all: false, before: nil, limit: 100)
    }

    @Test func webhookAndAlarmThatWereUndone_AreLookedForAgain() async throws {
        let rig = try await RecordRig()
        let rooms = rig.rooms
        // Nothing there, which the store now knows.
        try await rooms.journal.store.write { db in try rooms.journal.clearAlarm(.fakeHub, "d1", in: db) }
        try? await rooms.journal.store.write { db in
            try rooms.journal.raiseAlarm(.fakeHub, "d1", in: db)
            try rooms.journal.clearAlarm(.fakeHub, "d1", in: db)
            throw CancellationError()
        }
        try await rooms.journal.store.write { db in try rooms.journal.raiseAlarm(.fakeHub, "d1", in: db) }
        #expect(try await Self.standing(rig).map(\.subject) == ["d1"])
        // Clearing it makes the kind absent; the rollback brings alarm and knowledge back.
        try? await rooms.journal.store.write { db in
            try rooms.journal.clearAlarm(.fakeHub, "d1", in: db)
            try rooms.journal.clearAlarm(.fakeHub, "d2", in: db)
            throw CancellationError()
        }
        try await rooms.journal.store.write { db in try rooms.journal.clearAlarm(.fakeHub, "d1", in: db) }
        #expect(try await Self.standing(rig).isEmpty)
        let hook = try await rooms.journal.addWebhook(NewWebhook(url: "https://desk.example/"), by: .hub).webhook
        try await rooms.journal.store.write { db in try rooms.journal.notify(.pending, "d1", in: db) }
        #expect(try await rooms.journal.webhook(hook.id).queued == 1)
    }

    @Test func acknowledgedIncident_IsHeardAgainWhenItHappensAgain() async throws {
        let rig = try await RecordRig()
        let rooms = rig.rooms
        try await rooms.journal.reportFakeHub("d1", detail: "192.0.2.66:43776 idprov: foreignAuthority", by: .hub)
        let first = try #require(try await Self.standing(rig).first)
        #expect(first.detail.contains("192.0.2.66"))
        _ = try await rooms.journal.acknowledgeAlarm(first.id, by: Requester(name: "uid 0", address: "local"))
        #expect(try await Self.standing(rig).isEmpty)
        #expect(try await rooms.journal.alarms(all: true, before: nil, limit: 9).first?.acknowledgedBy == "uid 0")
        try await rooms.journal.reportFakeHub("d1", detail: "again", by: .hub)
        let again = try #require(try await Self.standing(rig).first)
        #expect(again.id == first.id && again.count == 2 && again.acknowledgedAt == nil)
        rig.clock.advance(by: 7 * 86_400)
        try await rooms.secrets.clearEndedLocks()
        try await rooms.journal.sweepAlarms()
        #expect(try await Self.standing(rig).isEmpty)
        await #expect(throws: JournalError.unknownAlarm("\(first.id)")) {
            try await rooms.journal.acknowledgeAlarm(first.id, by: .hub)
        }
    }

    @Test func clearedAlarms_AreKeptForAWhile() async throws {
        let rig = try await RecordRig()
        let rooms = rig.rooms
        try await rooms.journal.reportFakeHub("d1", detail: "", by: .hub)
        rig.clock.advance(by: 8 * 86_400)
        try await rooms.secrets.clearEndedLocks()
        try await rooms.journal.sweepAlarms()
        #expect(try await rooms.journal.alarms(all: true, before: nil, limit: 9).count == 1)
        rig.clock.advance(by: 91 * 86_400)
        try await rooms.secrets.clearEndedLocks()
        try await rooms.journal.sweepAlarms()
        #expect(try await rooms.journal.alarms(all: true, before: nil, limit: 9).isEmpty)
    }
}
