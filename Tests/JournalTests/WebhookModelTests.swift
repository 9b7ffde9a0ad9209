internal import BaseTestSupport
internal import Journal
internal import JournalTestSupport
internal import Store
import Testing

/// Several receivers of one bounded queue: events, deliveries, failures, restarts and undone writes against a model.
@Suite struct WebhookModelTests {
    private struct Receiver {
        var events: [NotificationEvent]
        var waiting: [(number: Int, at: Int64)] = []
        /// How many were dropped that it was not told of.
        var lost = 0
        var failures = 0
        var failingSince: Int64?
        var notBefore: Int64 = 0
    }

    private struct Model {
        var receivers: [String: Receiver] = [:]
        let capacity: Int
        var now: Int64
        var overflow = 0

        /// An equal share for each; past it the oldest go.
        mutating func notify(_ event: NotificationEvent, _ number: Int) {
            let share = max(1, capacity / receivers.count)
            for (id, receiver) in receivers where receiver.events.contains(event) {
                receivers[id]?.waiting.append((number, now))
            }
            for (id, receiver) in receivers where receiver.waiting.count > share {
                let surplus = receiver.waiting.count - share
                receivers[id]?.waiting.removeFirst(surplus)
                receivers[id]?.lost += surplus
                overflow += surplus
            }
        }

        /// The first message: what was lost, as a negative number, before all else.
        func first(_ id: String) -> Int? {
            guard let receiver = receivers[id] else { return nil }
            return receiver.lost > 0 ? -receiver.lost : receiver.waiting.first?.number
        }

        mutating func delivered(_ id: String, _ first: Int) {
            guard var receiver = receivers[id] else { return }
            if first < 0 { receiver.lost += first } else { receiver.waiting.removeAll { $0.number == first } }
            (receiver.failures, receiver.failingSince, receiver.notBefore) = (0, nil, 0)
            receivers[id] = receiver
        }

        mutating func failed(_ id: String) {
            guard var receiver = receivers[id] else { return }
            receiver.failures += 1
            receiver.failingSince = receiver.failingSince ?? now
            receiver.notBefore = now + (1..<receiver.failures).reduce(5) { pause, _ in min(3600, 2 * pause) }
            if let since = receiver.failingSince, since <= now - 86_400 {
                let old = receiver.waiting.count { $0.at <= now - 86_400 }
                receiver.waiting.removeFirst(old)
                receiver.lost += old
            }
            receivers[id] = receiver
        }

        var due: [String] {
            receivers.filter { ($0.value.lost > 0 || !$0.value.waiting.isEmpty) && $0.value.notBefore <= now }.keys
                .sorted()
        }
    }

    private static let kinds: [[NotificationEvent]] = [[.revoked], [.pending], [.revoked, .pending, .approved]]

    private static func number(_ message: WebhookMessage) -> Int? {
        message.lost > 0 ? -message.lost : Int(message.subject)
    }

    private static func step(
        _ rig: JournalRig, _ model: inout Model, _ count: inout Int, _ random: inout SeededGenerator
    ) async throws {
        let journal = rig.journal
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<4:
            let event = random.pick([.revoked, .pending, .approved, .expiring] as [NotificationEvent])
            count += 1
            let number = count
            try await journal.store.write { db in try journal.notify(event, "\(number)", in: db) }
            model.notify(event, number)
        case 4:
            try? await journal.store.write { db in
                for _ in 0..<20 { try journal.notify(.revoked, "undone", in: db) }
                throw CancellationError()
            }
        case 5:
            let pause = random.pick([1, 10, 600, 3600, 40_000]) as Int64
            rig.clock.advance(by: pause)
            model.now += pause
        default:
            let id = random.pick(model.receivers.keys.sorted())
            guard let next = try await journal.nextDelivery(of: id), let first = number(next.message) else {
                #expect(model.first(id) == nil)
                return
            }
            #expect(first == model.first(id))
            if Int.random(in: 0..<3, using: &random) == 0 {
                try await journal.delivered(next)
                model.delivered(id, first)
            } else {
                try await journal.deliveryFailed(next, reason: "answered 500", chance: 0.5)
                model.failed(id)
            }
        }
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func whateverHappens_EachReceiverHasWhatTheModelHas(seed: UInt64) async throws {
        var random = SeededGenerator(seed)
        let clock = ManualClock(at: 1_900_000_000)
        var rig = try await JournalRig(clock: clock) { $0.webhookQueue = 12 }
        var model = Model(capacity: 12, now: clock.now)
        for events in Self.kinds {
            let hook = try await rig.journal.addWebhook(
                NewWebhook(url: "https://desk.example/", events: events), by: .hub
            ).webhook
            model.receivers[hook.id] = Receiver(events: events)
        }
        var count = 0
        for step in 0..<200 {
            try await Self.step(rig, &model, &count, &random)
            if step % 70 == 69 {
                try rig.store.close()
                rig = try await JournalRig(folder: rig.folder, clock: clock) { $0.webhookQueue = 12 }
            }
            for (id, receiver) in model.receivers {
                let hook = try await rig.journal.webhook(id)
                try #require(hook.queued == receiver.waiting.count, "step \(step)")
                try #require(hook.failures == receiver.failures && hook.notBefore == receiver.notBefore)
                try #require(hook.events == receiver.events)
            }
            try #require(try await rig.journal.dueWebhooks().sorted() == model.due, "step \(step)")
        }
        let alarms = try await rig.journal.alarms(all: true, before: nil, limit: 99)
        #expect(alarms.filter { $0.kind == .webhookOverflow }.reduce(0) { $0 + $1.count } == model.overflow)
        for (id, receiver) in model.receivers { try await Self.drain(rig.journal, id, receiver) }
    }

    /// What is left comes in the order in which it happened, and then nothing.
    private static func drain(_ journal: Journal, _ id: String, _ receiver: Receiver) async throws {
        var told: [Int] = []
        while let next = try await journal.nextDelivery(of: id) {
            told.append(number(next.message) ?? 0)
            try await journal.delivered(next)
        }
        #expect(told == (receiver.lost > 0 ? [-receiver.lost] : []) + receiver.waiting.map(\.number))
        let hook = try await journal.webhook(id)
        #expect(hook.queued == 0 && hook.failures == 0 && (told.isEmpty || hook.lastDelivered == journal.now()))
    }

    @Test func message_IsTheSameBytesAtEveryTry_InTheFormThatIsPromised() async throws {
        let rig = try await JournalRig(clock: ManualClock(at: 1_900_000_000))
        let journal = rig.journal
        let hook = try await journal.addWebhook(NewWebhook(url: "https://desk.example/"), by: .hub).webhook
        try await journal.store.write { db in
            try journal.notify(.revoked, "d\"1\u{1}", detail: ["z": "é", "a": "</script>"], in: db)
        }
        let first = try #require(try await journal.nextDelivery(of: hook.id))
        try await journal.deliveryFailed(first, reason: "x", chance: 0)
        rig.clock.advance(by: 100)
        let again = try #require(try await journal.nextDelivery(of: hook.id))
        #expect(again.message.body == first.message.body)
        let start =
            #"{"id":"\#(first.message.id)","event":"revoked","at":"2030-03-17T17:46:40Z","subject":"d\"1\u0001","#
        let body = String(decoding: first.message.body, as: UTF8.self)
        #expect(body == start + #""detail":{"z":"é","a":"\u003c/script\u003e"}}"#)
        #expect(first.message.id.hasPrefix("msg_") && first.message.id.utf8.count == 36)
    }

    @Test func testMessage_IsInNoQueue_AndInTheTrail() async throws {
        let rig = try await JournalRig()
        let hook = try await rig.journal.addWebhook(
            NewWebhook(url: "https://desk.example/", events: [.revoked]), by: .hub
        ).webhook
        let test = try await rig.journal.testDelivery(to: hook.id, by: .hub)
        #expect(test.message.event == "test" && test.message.subject == hook.id && test.message.detail == "{}")
        #expect(try await rig.journal.webhook(hook.id).queued == 0)
        #expect(
            try await rig.journal.auditEvents(before: nil, subject: hook.id, limit: 1).first?.action == "webhook.test")
        await #expect(throws: JournalError.unknownWebhook("none")) {
            try await rig.journal.testDelivery(to: "none", by: .hub)
        }
        await #expect(throws: JournalError.unknownWebhook("none")) {
            try await rig.journal.removeWebhook("none", by: .hub)
        }
    }
}
