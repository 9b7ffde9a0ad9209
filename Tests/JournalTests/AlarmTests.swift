internal import Journal
internal import JournalTestSupport
import Store
import Testing

@Suite struct AlarmTests {
    private static func standing(_ rig: JournalRig) async throws -> [Alarm] {
        try await rig.journal.alarms(all: false, before: nil, limit: 100)
    }

    @Test func webhookAndAlarmThatWereUndone_AreLookedForAgain() async throws {
        let rig = try await JournalRig()
        let journal = rig.journal
        // Nothing there, which the store now knows.
        try await journal.store.write { db in try journal.clearAlarm(.fakeHub, "d1", in: db) }
        try? await journal.store.write { db in
            try journal.raiseAlarm(.fakeHub, "d1", in: db)
            try journal.clearAlarm(.fakeHub, "d1", in: db)
            throw CancellationError()
        }
        try await journal.store.write { db in try journal.raiseAlarm(.fakeHub, "d1", in: db) }
        #expect(try await Self.standing(rig).map(\.subject) == ["d1"])
        // Clearing it makes the kind absent; the rollback brings alarm and knowledge back.
        try? await journal.store.write { db in
            try journal.clearAlarm(.fakeHub, "d1", in: db)
            try journal.clearAlarm(.fakeHub, "d2", in: db)
            throw CancellationError()
        }
        try await journal.store.write { db in try journal.clearAlarm(.fakeHub, "d1", in: db) }
        #expect(try await Self.standing(rig).isEmpty)
        let hook = try await journal.addWebhook(NewWebhook(url: "https://desk.example/"), by: .hub).webhook
        try await journal.store.write { db in try journal.notify(.pending, "d1", in: db) }
        #expect(try await journal.webhook(hook.id).queued == 1)
    }

    @Test func acknowledgedIncident_IsHeardAgainWhenItHappensAgain() async throws {
        let rig = try await JournalRig()
        let journal = rig.journal
        try await journal.reportFakeHub("d1", detail: "192.0.2.66:43776 idprov: foreignAuthority", by: .hub)
        let first = try #require(try await Self.standing(rig).first)
        #expect(first.detail.contains("192.0.2.66"))
        _ = try await journal.acknowledgeAlarm(first.id, by: Requester(name: "uid 0", address: "local"))
        #expect(try await Self.standing(rig).isEmpty)
        #expect(try await journal.alarms(all: true, before: nil, limit: 9).first?.acknowledgedBy == "uid 0")
        try await journal.reportFakeHub("d1", detail: "again", by: .hub)
        let again = try #require(try await Self.standing(rig).first)
        #expect(again.id == first.id && again.count == 2 && again.acknowledgedAt == nil)
        rig.clock.advance(by: 7 * 86_400)
        try await journal.sweepAlarms()
        #expect(try await Self.standing(rig).isEmpty)
        await #expect(throws: JournalError.unknownAlarm("\(first.id)")) {
            try await journal.acknowledgeAlarm(first.id, by: .hub)
        }
    }

    @Test func clearedAlarms_AreKeptForAWhile() async throws {
        let rig = try await JournalRig()
        let journal = rig.journal
        try await journal.reportFakeHub("d1", detail: "", by: .hub)
        rig.clock.advance(by: 8 * 86_400)
        try await journal.sweepAlarms()
        #expect(try await journal.alarms(all: true, before: nil, limit: 9).count == 1)
        rig.clock.advance(by: 91 * 86_400)
        try await journal.sweepAlarms()
        #expect(try await journal.alarms(all: true, before: nil, limit: 9).isEmpty)
    }
}
