internal import AdminAPI
internal import Encoding
import Foundation
import HostilePeer
import HubTestSupport
import Journal
internal import JournalTestSupport
import Logging
import PKI
internal import Rooms
import Store
import Synchronization
import Testing

@testable import HubDaemon
@testable import WebhookDelivery

/// Messages over real connections, to receivers of every temper.
@Suite(.timeLimit(.minutes(1))) struct WebhookDeliveryTests {
    /// What receivers saw, in the order it came.
    private final class Seen: Sendable {
        private let requests = Mutex<[PeerRequest]>([])

        var all: [PeerRequest] { requests.withLock { $0 } }
        var subjects: [String] { all.map { Self.body($0)["subject"]?.string ?? "" } }

        func add(_ request: PeerRequest) -> Int {
            requests.withLock { requests in
                requests.append(request)
                return requests.count
            }
        }

        static func body(_ request: PeerRequest) -> JSONValue {
            (try? JSONValue(parsing: request.body)) ?? .null
        }
    }

    private static func deliverer(_ hub: TestHub, timeout: Duration = .seconds(10)) -> WebhookDeliverer {
        WebhookDeliverer(
            journal: hub.hub.rooms.journal, sender: WebhookSender(now: { hub.clock.now }, timeout: timeout),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, chance: { 0.5 })
    }

    private static func tell(_ hub: TestHub, _ subjects: [String]) async throws {
        for subject in subjects {
            try await hub.hub.rooms.journal.store.write { db in
                try hub.hub.rooms.journal.notify(.revoked, subject, detail: ["serial": "0a"], in: db)
            }
        }
    }

    private static func hook(_ hub: TestHub, port: Int, path: String = "/hook") async throws -> (Webhook, WebhookSecret)
    {
        let made = try await hub.hub.rooms.journal.addWebhook(
            NewWebhook(url: "http://127.0.0.1:\(port)\(path)", events: [.revoked], allowsHTTP: true), by: .hub)
        return (made.webhook, try #require(made.madeSecret))
    }

    @Test func message_IsWhatStandardWebhooksSay_AndVerifies() async throws {
        let hub = try await TestHub()
        let seen = Seen()
        try await ScriptedServer.run { peer in
            while let request = try await peer.request() {
                _ = seen.add(request)
                try await peer.answer(204)
            }
        } body: { server async throws in
            let (webhook, secret) = try await Self.hook(hub, port: server.port, path: "/a?b=c")
            try await Self.tell(hub, ["d1", "d2", "d3"])
            await Self.deliverer(hub).round()
            #expect(seen.subjects == ["d1", "d2", "d3"])
            let request = try #require(seen.all.first)
            #expect(request.method == "POST" && request.path == "/a?b=c")
            #expect(request.headers["content-type"] == "application/json")
            let id = try #require(request.headers["webhook-id"])
            let time = try #require(request.headers["webhook-timestamp"].flatMap(Int64.init))
            #expect(time == hub.clock.now)
            #expect(
                request.headers["webhook-signature"] == secret.signature(id: id, timestamp: time, body: request.body))
            let body = Seen.body(request)
            #expect(body["id"]?.string == id && body["event"]?.string == "revoked")
            #expect(body["at"]?.string == RFC3339.text(hub.clock.now) && body["detail"]?["serial"]?.string == "0a")
            let state = try await hub.hub.rooms.journal.webhook(webhook.id)
            #expect(state.queued == 0 && state.failures == 0 && state.lastDelivered == hub.clock.now)
        }
    }

    @Test func failingReceiver_IsTriedLater_InItsOrder_WithTheSameID() async throws {
        let hub = try await TestHub()
        let seen = Seen()
        try await ScriptedServer.run { peer in
            while let request = try await peer.request() {
                let number = seen.add(request)
                try await peer.answer(number <= 3 ? 503 : 200)
            }
        } body: { server async throws in
            let (webhook, _) = try await Self.hook(hub, port: server.port)
            try await Self.tell(hub, ["d1", "d2"])
            for pause in [5, 10, 20] as [Int64] {
                await Self.deliverer(hub).round()
                hub.clock.advance(by: pause - 1)
                await Self.deliverer(hub).round()
                hub.clock.advance(by: 1)
            }
            #expect(seen.subjects == ["d1", "d1", "d1"], "one try after each pause")
            #expect(try await hub.hub.rooms.journal.webhook(webhook.id).lastError == "answered 503")
            await Self.deliverer(hub).round()
            #expect(seen.subjects == ["d1", "d1", "d1", "d1", "d2"])
            #expect(Set(seen.all.prefix(4).compactMap { $0.headers["webhook-id"] }).count == 1)
            #expect(Set(seen.all.prefix(4).map(\.body)).count == 1)
            #expect(Set(seen.all.prefix(4).compactMap { $0.headers["webhook-timestamp"] }).count == 4)
            #expect(try await hub.hub.rooms.journal.webhook(webhook.id).lastError == nil)
        }
    }

    @Test func receiverThatIsGone_HoldsUpNoOther() async throws {
        let hub = try await TestHub()
        let seen = Seen()
        try await ScriptedServer.run { peer in
            guard let request = try await peer.request() else { return }
            // Silent for the one, quick for the other.
            if request.path == "/silent" { return try await peer.waitForEnd() }
            _ = seen.add(request)
            try await peer.answer()
        } body: { server async throws in
            let (silent, _) = try await Self.hook(hub, port: server.port, path: "/silent")
            let (gone, _) = try await Self.hook(hub, port: 1)
            _ = try await Self.hook(hub, port: server.port, path: "/quick")
            try await Self.tell(hub, ["d1"])
            await Self.deliverer(hub, timeout: .seconds(5)).round()
            #expect(seen.subjects == ["d1"])
            #expect(
                try await hub.hub.rooms.journal.webhook(silent.id).lastError?.contains("no answer within") == true)
            #expect(try await hub.hub.rooms.journal.webhook(gone.id).lastError?.contains("cannot connect") == true)
        }
    }

    @Test(arguments: [301, 307, 400, 404, 410, 500])
    func everythingButSuccess_IsAFailure_AndNothingIsFollowed(status: Int) async throws {
        let hub = try await TestHub()
        let seen = Seen()
        try await ScriptedServer.run { peer in
            while let request = try await peer.request() {
                _ = seen.add(request)
                try await peer.answer(status, headers: ["Location: /elsewhere"])
            }
        } body: { server async throws in
            let (webhook, _) = try await Self.hook(hub, port: server.port)
            try await Self.tell(hub, ["d1"])
            await Self.deliverer(hub).round()
            let state = try await hub.hub.rooms.journal.webhook(webhook.id)
            #expect(state.queued == 1 && state.lastError == "answered \(status)")
            #expect(seen.all.map(\.path) == ["/hook"])
        }
    }

    @Test func longOrEndlessAnswer_IsNotRead() async throws {
        let hub = try await TestHub()
        try await ScriptedServer.run { peer in
            while let request = try await peer.request() {
                guard request.path == "/endless" else {
                    try await peer.answer(200, [UInt8](repeating: 0x61, count: 1 << 20))
                    continue
                }
                try await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
                try await peer.waitForEnd()
            }
        } body: { server async throws in
            let (long, _) = try await Self.hook(hub, port: server.port)
            let (endless, _) = try await Self.hook(hub, port: server.port, path: "/endless")
            try await Self.tell(hub, ["d1", "d2"])
            await Self.deliverer(hub, timeout: .seconds(5)).round()
            #expect(try await hub.hub.rooms.journal.webhook(long.id).queued == 0)
            #expect(try await hub.hub.rooms.journal.webhook(endless.id).queued == 0)
        }
    }

    @Test func keptConnectionThatTheReceiverCloses_CostsNoTry() async throws {
        let hub = try await TestHub()
        let seen = Seen()
        try await ScriptedServer.run { peer in
            guard let request = try await peer.request() else { return }
            _ = seen.add(request)
            try await peer.answer()
        } body: { server async throws in
            let (webhook, _) = try await Self.hook(hub, port: server.port)
            try await Self.tell(hub, ["d1", "d2", "d3"])
            await Self.deliverer(hub).round()
            #expect(seen.subjects == ["d1", "d2", "d3"])
            #expect(try await hub.hub.rooms.journal.webhook(webhook.id).failures == 0)
        }
    }

    @Test func certificateOfTheGivenAuthority_IsNeeded() async throws {
        let hub = try await TestHub()
        let authority = try TestAuthority(now: hub.clock.now)
        let identity = try authority.server()
        let other = try TestAuthority(now: hub.clock.now)
        try await ScriptedServer.run(tls: .init { _ in identity }) { peer in
            while try await peer.request() != nil { try await peer.answer() }
        } body: { server async throws in
            let url = "https://127.0.0.1:\(server.port)/"
            let rooms = hub.hub.rooms
            var ids: [String] = []
            for pem in [authority.certificate.pem, other.certificate.pem, nil] {
                let new = NewWebhook(url: url, events: [.revoked], authorityPEM: pem)
                ids.append(try await rooms.journal.addWebhook(new, by: .hub).webhook.id)
            }
            let named = NewWebhook(
                url: "https://localhost:\(server.port)/", events: [.revoked], authorityPEM: authority.certificate.pem)
            ids.append(try await rooms.journal.addWebhook(named, by: .hub).webhook.id)
            try await Self.tell(hub, ["d1"])
            await Self.deliverer(hub).round()
            var queued: [Int] = []
            for id in ids { queued.append(try await rooms.journal.webhook(id).queued) }
            #expect(queued == [0, 1, 1, 1], "right CA, another, the system's, another name")
            #expect(try await rooms.journal.webhook(ids[1]).lastError?.contains("not trusted") == true)
        }
    }

    @Test func nameThatLeadsToAPublicAddress_IsNotCalledInPlain() async throws {
        #expect(NetworkAddress.isPrivate("127.0.0.1") && NetworkAddress.isPrivate("fe80::1%eth0"))
        #expect(!NetworkAddress.isPrivate("93.184.216.34") && !NetworkAddress.isPrivate("desk.example"))
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/etc/ssl/certs/ca-certificates.crt")))
    func systemRoots_AreRead() throws {
        #expect(SystemRoots.load().count > 100)
    }

    @Test func messageOnItsWayWhenTheHubStops_IsDeliveredAfterTheRestart() async throws {
        let folder = try TemporaryFolder()
        let clock = ManualClock(at: Int64(Date.now.timeIntervalSince1970))
        let seen = Seen()
        try await ScriptedServer.run { peer in
            while let request = try await peer.request() {
                // The first time the receiver has it, but its answer never comes.
                if seen.add(request) == 1 { return try await peer.waitForEnd() }
                try await peer.answer()
            }
        } body: { server async throws in
            try await { () -> Void in
                let hub = try await TestHub(folder: folder, clock: clock)
                _ = try await Self.hook(hub, port: server.port)
                try await Self.tell(hub, ["d1"])
                await withTaskGroup(of: Void.self) { group in
                    group.addTask { await Self.deliverer(hub).round() }
                    while seen.all.isEmpty, !Task.isCancelled { try? await Task.sleep(for: .milliseconds(5)) }
                    group.cancelAll()
                }
            }()
            let hub = try await TestHub(folder: folder, clock: clock)
            #expect(try await hub.hub.rooms.journal.webhooks().first?.failures == 0)
            await Self.deliverer(hub).round()
            #expect(seen.subjects == ["d1", "d1"])
            #expect(seen.all[0].headers["webhook-id"] == seen.all[1].headers["webhook-id"])
            #expect(try await hub.hub.rooms.journal.webhooks().first?.queued == 0)
        }
    }

    @Test func test_GoesBesideTheQueue_AndSaysWhatHappened() async throws {
        let hub = try await TestHub()
        let seen = Seen()
        try await ScriptedServer.run { peer in
            while let request = try await peer.request() {
                try await peer.answer(seen.add(request) == 1 ? 200 : 500)
            }
        } body: { server async throws in
            let (webhook, _) = try await Self.hook(hub, port: server.port)
            try await Self.tell(hub, ["d1"])
            let good = try await WebhookTest(hub: hub.hub).test(webhook.id, by: .hub)
            let bad = try await WebhookTest(hub: hub.hub).test(webhook.id, by: .hub)
            #expect(good.isDelivered && good.error == nil)
            #expect(!bad.isDelivered && bad.error == "answered 500")
            #expect(seen.all.map { Seen.body($0)["event"]?.string } == ["test", "test"])
            #expect(try await hub.hub.rooms.journal.webhook(webhook.id).queued == 1)
        }
    }
}
