internal import BaseTestSupport
internal import Encoding
internal import JournalTestSupport
internal import Store
import Testing
@testable import Journal

/// Alarms that are raised, held, acknowledged, cleared and swept in any order, against a model; and what webhooks hear.
@Suite struct AlarmModelTests {
    private struct Model {
        var alarms: [Alarm] = []
        var told: [String] = []
        var now: Int64

        private func standing(_ kind: AlarmKind, _ subject: String) -> Int? {
            alarms.firstIndex { $0.kind == kind && $0.subject == subject && $0.clearedAt == nil }
        }

        mutating func raise(_ kind: AlarmKind, _ subject: String, _ detail: String, _ count: Int) {
            let isIncident = [.secretLocked, .fakeHub, .clockSetBack].contains(kind)
            guard let index = standing(kind, subject) else {
                alarms.append(
                    Alarm(
                        id: Int64(alarms.count + 1), kind: kind, subject: subject, detail: detail, firstSeen: now,
                        lastSeen: now, count: count, acknowledgedAt: nil, acknowledgedBy: nil, clearedAt: nil))
                told.append("\(subject) \(kind.rawValue) raised \(detail)")
                return
            }
            let old = alarms[index]
            let isNews = isIncident && old.acknowledgedAt != nil
            alarms[index] = Alarm(
                id: old.id, kind: kind, subject: subject, detail: detail, firstSeen: old.firstSeen, lastSeen: now,
                count: old.count + count, acknowledgedAt: isNews ? nil : old.acknowledgedAt,
                acknowledgedBy: isNews ? nil : old.acknowledgedBy, clearedAt: nil)
            if isNews { told.append("\(subject) \(kind.rawValue) raised \(detail)") }
        }

        mutating func hold(_ kind: AlarmKind, _ subject: String, _ detail: String) {
            if standing(kind, subject) == nil { raise(kind, subject, detail, 1) }
        }

        mutating func clear(_ kind: AlarmKind, _ subject: String) {
            guard let index = standing(kind, subject) else { return }
            change(index) { [now] in $0.2 = now }
            told.append("\(subject) \(kind.rawValue) cleared")
        }

        /// Answers whether there is one to acknowledge.
        mutating func acknowledge(_ id: Int64, by name: String) -> Bool {
            guard let index = alarms.firstIndex(where: { $0.id == id && $0.clearedAt == nil }) else { return false }
            if alarms[index].acknowledgedAt == nil { change(index) { [now] in ($0.0, $0.1) = (now, name) } }
            return true
        }

        private mutating func change(_ index: Int, _ body: (inout (Int64?, String?, Int64?)) -> Void) {
            let old = alarms[index]
            var ends = (old.acknowledgedAt, old.acknowledgedBy, old.clearedAt)
            body(&ends)
            alarms[index] = Alarm(
                id: old.id, kind: old.kind, subject: old.subject, detail: old.detail, firstSeen: old.firstSeen,
                lastSeen: old.lastSeen, count: old.count, acknowledgedAt: ends.0, acknowledgedBy: ends.1,
                clearedAt: ends.2)
        }

        /// Incidents without news for a week are over; answers the lines that are kept.
        mutating func sweep() {
            for kind in [AlarmKind.fakeHub, .clockSetBack] {
                for alarm in alarms
                where alarm.kind == kind && alarm.clearedAt == nil && now - alarm.lastSeen >= 7 * 86_400 {
                    clear(kind, alarm.subject)
                }
            }
        }

        var kept: [Alarm] { alarms.filter { $0.clearedAt ?? .max >= now - 90 * 86_400 } }
    }

    private static let kinds: [AlarmKind] = [.secretLocked, .fakeHub, .authorityExpiring, .certificateExpiring]

    private static func step(_ rig: JournalRig, _ model: inout Model, _ random: inout SeededGenerator) async throws {
        let journal = rig.journal
        let (kind, subject) = (random.pick(kinds), random.pick(["d1", "d2"]))
        let (detail, count) = ("detail \(Int.random(in: 1...3, using: &random))", Int.random(in: 1...3, using: &random))
        switch Int.random(in: 0..<9, using: &random) {
        case 0..<3:
            try await journal.store.write { db in
                try journal.raiseAlarm(kind, subject, detail: detail, occurrences: count, in: db)
            }
            model.raise(kind, subject, detail, count)
        case 3:
            try await journal.store.write { db in try journal.holdAlarm(kind, subject, detail: detail, in: db) }
            model.hold(kind, subject, detail)
        case 4, 5:
            try await journal.store.write { db in try journal.clearAlarm(kind, subject, in: db) }
            model.clear(kind, subject)
        case 6:
            let id = Int64.random(in: 1...Int64(model.alarms.count + 1), using: &random)
            let requester = Requester(name: random.pick(["ann", "bob"]), address: "local")
            if model.acknowledge(id, by: requester.name) {
                _ = try await journal.acknowledgeAlarm(id, by: requester)
            } else {
                await #expect(throws: JournalError.unknownAlarm("\(id)")) {
                    try await journal.acknowledgeAlarm(id, by: requester)
                }
            }
        case 7:
            try? await journal.store.write { db in
                try journal.raiseAlarm(kind, subject, in: db)
                try journal.clearAlarm(kind, subject, in: db)
                throw CancellationError()
            }
        default:
            let pause = random.pick([1, 86_400, 7 * 86_400, 30 * 86_400]) as Int64
            rig.clock.advance(by: pause)
            model.now += pause
        }
        try await journal.sweepAlarms()
        model.sweep()
    }

    private static func told(_ journal: Journal, _ hook: String) async throws -> [String] {
        var told: [String] = []
        while let next = try await journal.nextDelivery(of: hook) {
            let detail = try JSONValue(parsing: Array(next.message.detail.utf8))
            let words = ["kind", "state", "about"].compactMap { detail[$0]?.string }
            told.append(([next.message.subject] + words).joined(separator: " "))
            try await journal.delivered(next)
        }
        return told
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func whateverHappens_TheListIsTheModels(seed: UInt64) async throws {
        var random = SeededGenerator(seed)
        let rig = try await JournalRig(clock: ManualClock(at: 1_900_000_000))
        let hook = try await rig.journal.addWebhook(
            NewWebhook(url: "https://desk.example/", events: [.alarm]), by: .hub
        ).webhook
        var model = Model(now: rig.clock.now)
        for step in 0..<150 {
            try await Self.step(rig, &model, &random)
            let all = try await rig.journal.alarms(all: true, before: nil, limit: 1000)
            try #require(all == model.kept.reversed(), "step \(step)")
            let open = model.kept.filter { $0.clearedAt == nil && $0.acknowledgedAt == nil }
            try #require(try await rig.journal.alarms(all: false, before: nil, limit: 1000) == open.reversed())
            let counts = Dictionary(open.map { ($0.kind, 1) }, uniquingKeysWith: +)
            try #require(try await rig.journal.alarmCounts() == counts)
        }
        // Those of one sweep come in any order.
        let told = try await Self.told(rig.journal, hook.id)
        for subject in ["d1 ", "d2 "] {
            #expect(told.filter { $0.hasPrefix(subject) } == model.told.filter { $0.hasPrefix(subject) })
        }
        #expect(told.count == model.told.count)
    }

    @Test func reportsOfADevice_AreTenInADay() async throws {
        let rig = try await JournalRig(clock: ManualClock(at: 1_900_000_000))
        func report(_ device: String = "d1") async -> Bool {
            (try? await rig.journal.reportFakeHub(device, detail: "x", by: .hub)) != nil
        }
        for _ in 1...10 { #expect(await report()) }
        await #expect(throws: JournalError.tooManyReports) {
            try await rig.journal.reportFakeHub("d1", detail: "x", by: .hub)
        }
        #expect(await report("d2"), "another device has a day of its own")
        #expect(try await rig.journal.alarms(all: false, before: nil, limit: 9).map(\.count) == [1, 10])
        rig.clock.advance(by: 86_400 - 1_900_000_000 % 86_400 - 1)
        try await rig.journal.sweepAlarms()
        #expect(await report() == false)
        rig.clock.advance(by: 1)
        try await rig.journal.sweepAlarms()
        #expect(await report())
    }

    @Test func longDetail_IsCut_AndPagesGoOnBelowANumber() async throws {
        let rig = try await JournalRig()
        try await rig.store.write { [journal = rig.journal] db in
            for number in 1...7 {
                try journal.raiseAlarm(.fakeHub, "d\(number)", detail: String(repeating: "x", count: 5000), in: db)
            }
        }
        let page = try await rig.journal.alarms(all: false, before: nil, limit: 3)
        #expect(page.map(\.subject) == ["d7", "d6", "d5"] && page.allSatisfy { $0.detail.utf8.count == 1024 })
        let rest = try await rig.journal.alarms(all: false, before: page.last?.id, limit: 9)
        #expect(rest.map(\.subject) == ["d4", "d3", "d2", "d1"])
    }
}
