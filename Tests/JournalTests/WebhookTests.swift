internal import Encoding
import Foundation
internal import Journal
internal import JournalTestSupport
import PKI
import Store
import Testing
internal import Wire

@Suite struct WebhookTests {
    private static let url = "https://desk.example/hook"

    private static func messages(_ rig: JournalRig, of id: String) async throws -> [WebhookMessage] {
        var messages: [WebhookMessage] = []
        while let next = try await rig.journal.nextDelivery(of: id) {
            messages.append(next.message)
            try await rig.journal.delivered(next)
        }
        return messages
    }

    @Test func eventAndItsCause_AreDurableTogetherOrNotAtAll() async throws {
        let rig = try await JournalRig()
        let journal = rig.journal
        let hook = try await journal.addWebhook(NewWebhook(url: Self.url), by: .hub).webhook
        struct Undone: Error {}
        await #expect(throws: Undone.self) {
            try await journal.store.write { db in
                try journal.notify(.revoked, "d1", in: db)
                throw Undone()
            }
        }
        #expect(try await journal.nextDelivery(of: hook.id) == nil)
        try await journal.store.write { db in
            try journal.notify(.revoked, "d1", detail: ["serial": "0a"], in: db)
        }
        #expect(try await journal.nextDelivery(of: hook.id)?.message.event == "revoked")
    }

    @Test func queueSurvivesARestart_WithTheSameSecret() async throws {
        let folder = try TemporaryFolder()
        let clock = ManualClock(at: 1_900_000_000)
        let (id, secret) = try await { () -> (String, WebhookSecret?) in
            let rig = try await JournalRig(folder: folder, clock: clock)
            let made = try await rig.journal.addWebhook(NewWebhook(url: Self.url), by: .hub)
            try await rig.journal.store.write { db in try rig.journal.notify(.pending, "d1", in: db) }
            return (made.webhook.id, made.madeSecret)
        }()
        let rig = try await JournalRig(folder: folder, clock: clock)
        let next = try #require(try await rig.journal.nextDelivery(of: id))
        #expect(next.message.event == "pending" && next.secret == secret)
    }

    @Test func fullQueue_DropsTheOldest_AndRaisesAnAlarmThatClears() async throws {
        let rig = try await JournalRig { $0.webhookQueue = 10 }
        let journal = rig.journal
        let hook = try await journal.addWebhook(NewWebhook(url: Self.url), by: .hub).webhook
        for number in 1...25 {
            try await journal.store.write { db in try journal.notify(.revoked, "d\(number)", in: db) }
        }
        #expect(try await journal.webhook(hook.id).queued == 10)
        let alarm = try #require(try await journal.alarms(all: false, before: nil, limit: 9).first)
        #expect(alarm.kind == .webhookOverflow && alarm.count == 16, "15 events and the alarm itself were too many")
        let told = try await Self.messages(rig, of: hook.id)
        #expect(told.first?.event == "lost" && told.first?.detail == #"{"count":"16"}"#)
        #expect(told.last?.subject == "d25" && told.dropFirst().first?.subject == "d16")
        try await journal.sweepAlarms()
        #expect(try await journal.alarms(all: false, before: nil, limit: 9).isEmpty)
    }

    /// A receiver that is gone takes its share and no more: what is for the other one stays.
    @Test func receiverThatIsGone_TakesNothingFromTheOthers() async throws {
        let rig = try await JournalRig { $0.webhookQueue = 20 }
        let journal = rig.journal
        let gone = try await journal.addWebhook(NewWebhook(url: Self.url, events: [.revoked]), by: .hub)
            .webhook
        let other = try await journal.addWebhook(NewWebhook(url: Self.url, events: [.refused]), by: .hub)
            .webhook
        try await journal.store.write { db in
            for number in 1...5 { try journal.notify(.refused, "r\(number)", in: db) }
            for number in 1...500 { try journal.notify(.revoked, "d\(number)", in: db) }
        }
        #expect(try await journal.webhook(gone.id).queued == 10)
        #expect(try await Self.messages(rig, of: other.id).map(\.subject) == (1...5).map { "r\($0)" })
    }

    @Test func queue_IsBoundedInBytes_AndAllOfItsFormsAreCounted() async throws {
        let rig = try await JournalRig { $0.webhookBytes = 8000 }
        let journal = rig.journal
        let hook = try await journal.addWebhook(NewWebhook(url: Self.url, events: [.revoked]), by: .hub)
            .webhook
        try await journal.store.write { db in
            for number in 1...100 {
                try journal.notify(
                    .revoked, "d\(number)", detail: ["é": String(repeating: "é", count: 400)], in: db)
            }
        }
        #expect(try await journal.webhook(hook.id).queued == 8, "some 940 bytes each")
        let told = try await Self.messages(rig, of: hook.id)
        #expect(told.map(\.event) == ["lost"] + Array(repeating: "revoked", count: 8))
        #expect(told.first?.detail == #"{"count":"92"}"# && told.last?.subject == "d100")
        #expect(try await journal.webhook(hook.id).queued == 0)
    }

    /// One ID stands for the same bytes; what is lost meanwhile is told in the next one, once.
    @Test func losses_AreToldOnce_AlsoWhenMoreAreLostMeanwhile() async throws {
        let rig = try await JournalRig { $0.webhookQueue = 2 }
        let journal = rig.journal
        let hook = try await journal.addWebhook(NewWebhook(url: Self.url, events: [.revoked]), by: .hub)
            .webhook
        func revoke(_ count: Int) async throws {
            try await journal.store.write { db in
                for _ in 0..<count { try journal.notify(.revoked, "d", in: db) }
            }
        }
        func next() async throws -> WebhookDelivery {
            try #require(try await journal.nextDelivery(of: hook.id))
        }
        try await revoke(5)
        let first = try await next()
        #expect(first.message.lost == 3)
        #expect(try await next().message == first.message)
        try await journal.deliveryFailed(first, reason: "x", chance: 0)
        try await revoke(4)
        let second = try await next()
        #expect(second.message.lost == 7 && second.message.id != first.message.id)
        try await revoke(1)
        try await journal.delivered(second)
        let third = try await next()
        #expect(third.message.lost == 1 && third.message.id != second.message.id)
        try await journal.delivered(third)
        #expect(try await Self.messages(rig, of: hook.id).map(\.event) == ["revoked", "revoked"])
        #expect(try await journal.dueWebhooks().isEmpty)
    }

    @Test func failures_AreSpacedMoreAndMore_UpToAnHour() async throws {
        #expect(
            (1...12).map { WebhookBackOff.seconds(failures: $0, chance: 0.5) } == [
                5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600,
            ])
        #expect(WebhookBackOff.seconds(failures: 1000, chance: 1) == 4320)
        #expect(WebhookBackOff.seconds(failures: 1, chance: 0) == 4)

        let rig = try await JournalRig()
        let journal = rig.journal
        let hook = try await journal.addWebhook(NewWebhook(url: Self.url), by: .hub).webhook
        try await journal.store.write { db in try journal.notify(.revoked, "d1", in: db) }
        var tries = 0
        let start = rig.clock.now
        while rig.clock.now - start < 3600 {
            if try await journal.dueWebhooks() == [hook.id],
                let next = try await journal.nextDelivery(of: hook.id)
            {
                tries += 1
                try await journal.deliveryFailed(next, reason: "answered 500", chance: 0.5)
            }
            rig.clock.advance(by: 1)
        }
        #expect(tries == 10)
        let state = try await journal.webhook(hook.id)
        #expect(state.failures == 10 && state.lastError == "answered 500" && state.queued == 1)
    }

    @Test func clockThatWasWrong_HoldsNobodyUp() async throws {
        let rig = try await JournalRig()
        let journal = rig.journal
        let hook = try await journal.addWebhook(NewWebhook(url: Self.url), by: .hub).webhook
        try await journal.store.write { db in try journal.notify(.revoked, "d1", in: db) }
        rig.clock.advance(by: 10 * 365 * 86_400)
        try await journal.deliveryFailed(
            try #require(try await journal.nextDelivery(of: hook.id)), reason: "x", chance: 0.5)
        #expect(try await journal.dueWebhooks().isEmpty)
        rig.clock.advance(by: -10 * 365 * 86_400)
        #expect(try await journal.dueWebhooks() == [hook.id])
    }

    @Test func receiverThatTakesNothingForADay_LosesWhatIsOlder_WithAnAlarm() async throws {
        let rig = try await JournalRig()
        let journal = rig.journal
        let hook = try await journal.addWebhook(NewWebhook(url: Self.url), by: .hub).webhook
        try await journal.store.write { db in try journal.notify(.revoked, "old", in: db) }
        // A hub that was off for two days has tried nothing yet: nothing may be lost by the first failure.
        rig.clock.advance(by: 2 * 86_400)
        try await journal.deliveryFailed(
            try #require(try await journal.nextDelivery(of: hook.id)), reason: "x", chance: 0)
        #expect(try await journal.webhook(hook.id).queued == 1)
        rig.clock.advance(by: 86_000)
        try await journal.store.write { db in try journal.notify(.revoked, "new", in: db) }
        rig.clock.advance(by: 400)
        let head = try #require(try await journal.nextDelivery(of: hook.id))
        #expect(head.message.subject == "old")
        try await journal.deliveryFailed(head, reason: "x", chance: 0)
        let loss = try #require(try await journal.nextDelivery(of: hook.id))
        #expect(loss.message.event == "lost" && loss.message.detail == #"{"count":"1"}"#)
        #expect(try await journal.alarmCounts() == [.webhookFailing: 1])
        try await journal.delivered(loss)
        let next = try #require(try await journal.nextDelivery(of: hook.id))
        #expect(next.message.subject == "new")
        try await journal.delivered(next)
        #expect(try await journal.alarmCounts() == [:])
    }

    @Test(arguments: [
        ("http://127.0.0.1:8080/hook", false, false), ("http://127.0.0.1:8080/hook", true, true),
        ("http://10.1.2.3/", true, true), ("http://[fd00::1]:80/x", true, true), ("http://[::1]/", true, true),
        ("http://desk.local/hook", true, true), ("http://192.0.2.1/hook", true, false),
        ("http://172.32.0.1/", true, false), ("http://[2001:db8::1]/", true, false),
        ("http://[::ffff:8.8.8.8]/", true, false), ("https://192.0.2.1/hook", false, true),
        ("https://user:pass@desk.example/", false, false), ("ftp://desk.example/", false, false),
        ("https://desk.example/#x", false, false), ("https://desk.example/a b", false, false), ("", false, false),
        ("https://desk.example/" + String(repeating: "a", count: 1100), false, false),
    ])
    func url_IsHTTPS_OrPlainToOnesOwnNetwork(url: String, allowsHTTP: Bool, isGood: Bool) async throws {
        let rig = try await JournalRig()
        let new = NewWebhook(url: url, allowsHTTP: allowsHTTP)
        if isGood {
            _ = try await rig.journal.addWebhook(new, by: .hub)
        } else {
            await #expect(throws: JournalError.self) { try await rig.journal.addWebhook(new, by: .hub) }
        }
    }

    @Test func portOfPlainHTTP_Is80UnlessWritten() throws {
        for (url, port) in [
            ("http://10.0.0.1/", 80), ("http://10.0.0.1", 80), ("http://10.0.0.1:443/", 443),
            ("http://10.0.0.1:8080/a?b", 8080), ("http://[::1]:443?x", 443),
        ] {
            #expect(try WebhookTarget(url, allowsHTTP: true).location.port == port, "\(url)")
        }
    }

    @Test func secret_IsSealedAtRest_AndNeverInTheTrail() async throws {
        let rig = try await JournalRig()
        let journal = rig.journal
        let made = try #require(
            try await journal.addWebhook(NewWebhook(url: "https://desk.example/token-in-path"), by: .hub)
                .madeSecret)
        let given = "whsec_" + Base64.encode([UInt8](repeating: 7, count: 24))
        let own = try await journal.addWebhook(NewWebhook(url: Self.url, secret: given), by: .hub)
        #expect(own.madeSecret == nil)
        let key = try #require(Base64.decode(String(made.text.dropFirst(6))))
        let sealed = try await journal.store.read { db in
            try db.values("SELECT secret FROM webhook", as: [UInt8].self).map { Data($0) }
        }
        for bytes in sealed {
            #expect(bytes.range(of: Data(key)) == nil && bytes.range(of: Data(repeating: 7, count: 24)) == nil)
        }
        for event in try await journal.auditEvents(before: nil, subject: nil, limit: 9) {
            #expect(!event.detail.contains("token-in-path") && !event.detail.contains("whsec_"))
        }
        #expect("\(made)" == "WebhookSecret(hidden)")
    }

    @Test(arguments: ["whsec_", "whsec_AAAA", "no base64 at all", "whsec_" + String(repeating: "A", count: 200)])
    func badSecret_IsRefusedWithoutSayingIt(secret: String) async throws {
        let rig = try await JournalRig()
        await #expect(throws: JournalError.invalidWebhook(reason: "a secret is whsec_ and base64 of 24 to 64 bytes")) {
            try await rig.journal.addWebhook(NewWebhook(url: Self.url, secret: secret), by: .hub)
        }
    }

    /// The example of the specification's own libraries.
    @Test func signature_IsThatOfStandardWebhooks() throws {
        let secret = try WebhookSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        let signature = secret.signature(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330, body: Array(#"{"test": 2432232314}"#.utf8))
        #expect(signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    @Test func thirtyThirdWebhook_IsRefused() async throws {
        let rig = try await JournalRig()
        for _ in 1...32 { _ = try await rig.journal.addWebhook(NewWebhook(url: Self.url), by: .hub) }
        await #expect(throws: JournalError.tooManyWebhooks(limit: 32)) {
            try await rig.journal.addWebhook(NewWebhook(url: Self.url), by: .hub)
        }
    }

    @Test func removedWebhook_TakesItsQueueWithIt() async throws {
        let rig = try await JournalRig()
        let journal = rig.journal
        let hook = try await journal.addWebhook(NewWebhook(url: Self.url), by: .hub).webhook
        try await journal.store.write { db in try journal.notify(.revoked, "d1", in: db) }
        let delivery = try #require(try await journal.nextDelivery(of: hook.id))
        try await journal.removeWebhook(hook.id, by: .hub)
        try await journal.deliveryFailed(delivery, reason: "late", chance: 0)
        try await journal.delivered(delivery)
        #expect(try await journal.dueWebhooks().isEmpty)
        await #expect(throws: JournalError.unknownWebhook(hook.id)) { try await journal.webhook(hook.id) }
    }
}
