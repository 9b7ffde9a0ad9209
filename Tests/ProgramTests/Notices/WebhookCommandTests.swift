import AdminAPI
import Foundation
internal import Glibc
import HostilePeer
import Testing
import Transport

/// What webhooks tell, also over the death of the hub. Each test has a hub of its own.
@Suite(.timeLimit(.minutes(5))) struct WebhookCommandTests {
    private let hub: ProgramHub
    private let receiver = HookReceiver()

    init() throws {
        hub = try ProgramHub()
    }

    /// Runs a receiver while the body is at work.
    private func received(_ body: @escaping @Sendable (_ url: String) async throws -> Void) async throws {
        let receiver = receiver
        try hub.write("hook.secret", receiver.secret + "\n")
        try await ScriptedServer.run(script: receiver.serve) { server async throws in
            try await body("http://127.0.0.1:\(server.port)/hook")
        }
        #expect(receiver.messages.value.filter { $0.fault != nil } == [])
    }

    private func add(_ url: String, _ options: String...) async throws -> ProgramResult {
        try await Program.run(
            Program.hubctl.path, ["webhook", "add", url, "--secret-file", hub.path("hook.secret"), "--json"] + options,
            environment: ["HUB_SOCKET": hub.socket])
    }

    private func queued() async throws -> Int? {
        try await hub.hubctl("webhook", "list", "--json").succeeded().json(as: [AdminWebhook].self).first?.queued
    }

    @Test func webhook_IsAddedWithItsSecretSealed_AndTested() async throws {
        try await hub.start()
        try await received { url in
            try await add(url).expectRefusal("--allow-http")
            try await hub.hubctl("webhook", "add", "http://192.0.2.1/", "--allow-http").expectRefusal(
                "plain http goes to loopback and private addresses only")
            let hook = try await add(url, "--allow-http").succeeded().json(as: AdminWebhook.self)
            #expect(hook.secret == nil, "its own secret is not shown again")
            #expect(hook.events?.count == 6)
            let id = try #require(hook.id)
            try await hub.hubctl("webhook", "test", id).succeeded()
            #expect(receiver.messages.value.map(\.event) == ["test"])
            for file in ["state/hub.db", "state/hub.db-wal"] {
                #expect(try hub.read(file).firstRange(of: receiver.keyStart) == nil, "\(file)")
            }
            try await hub.hubctl("webhook", "remove", id).succeeded()
            #expect(try await queued() == nil)
        }
        #expect(!hub.log.contains(receiver.secret.dropFirst(6)))
    }

    @Test func newsOfRefusedReceivers_ComesInOrderAfterADeath_AndWatchersAreTold() async throws {
        try await hub.start()
        try await received { url in
            try await add(url, "--allow-http").succeeded()
            try await hub.waitingDevice("lamp-1")
            _ = try await receiver.wait(for: "pending", about: "lamp-1")
            let watcher = try hub.running("device", "pending", "--watch", "--json")
            try await watcher.wait(in: watcher.output) { $0.contains(#""change":"new""#) }

            receiver.refuse(true)
            let device = try await hub.hubctl("device", "show", "lamp-1", "--json").succeeded().json(
                as: AdminDevice.self)
            try await hub.hubctl("device", "approve", "lamp-1").expectWrongUsage()
            try await hub.hubctl("device", "approve", "lamp-1", "--fingerprint", device.fingerprint ?? "").succeeded()
            let refused = try await receiver.wait(for: "approved", about: "lamp-1", isTaken: false)
            #expect(try await queued() == 1)
            try await hub.hubctl("device", "reject", "lamp-1").succeeded()
            try await hub.stop(SIGKILL)
            receiver.refuse(false)
            try await hub.start()

            _ = try await receiver.wait(for: "refused", about: "lamp-1")
            let taken = receiver.messages.value.filter(\.isTaken)
            #expect(taken.map(\.event) == ["pending", "approved", "refused"], "in their order")
            #expect(taken[1].id == refused.id, "with the ID it had before")
            try await hub.waitUntil("nothing is queued") { try await queued() == 0 }
            try await watcher.wait(in: watcher.output) { $0.contains(#""change":"gone""#) }
        }
    }

    @Test func newsIsDurableWithItsCause() async throws {
        try await hub.start()
        try await received { url in
            try await add(url, "--allow-http").succeeded()
            try await hub.waitingDevice("lamp-2")
            receiver.refuse(true)
            try await hub.hubctl("device", "reject", "lamp-2").succeeded()
            try await hub.stop(SIGKILL)
            receiver.refuse(false)
            try await hub.start()
            _ = try await receiver.wait(for: "refused", about: "lamp-2")
        }
    }

    @Test func guesses_RaiseAnAlarm_ThatAnOperatorAcknowledges() async throws {
        try await hub.start()
        try await received { url in
            try await add(url, "--allow-http").succeeded()
            try await hub.oob("add", "lamp-3", input: "LABELTEXTLABELTEXTLABELTEXT\n").succeeded()
            let guess =
                #"{"deviceID":"lamp-3","ip":"192.0.2.1","mac":"","publicKeyPEM":"none","#
                + #""signature":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}"#
            for _ in 1...10 {
                #expect(try await hub.ask("/idprov/provreq", method: "POST", body: .text(guess)).status == 200)
            }
            let alarms = try await hub.hubctl("alarms", "--json").succeeded().json(as: [AdminAlarm].self)
            let alarm = try #require(alarms.first)
            #expect(alarms.count == 1 && alarm.kind == "secretLocked" && alarm.subject == "lamp-3")
            _ = try await receiver.wait(for: "alarm", about: "lamp-3")
            try await hub.waitUntil("the metric shows it") {
                try await hub.askLocally("/metrics").text.split(separator: "\n")
                    .contains(#"latchkey_alarms{kind="secretLocked"} 1"#)
            }
            try await hub.hubctl("alarms", "ack", "\(alarm.id)").succeeded()
            #expect(try await hub.hubctl("alarms").succeeded().output == "no alarms\n")
            #expect(try await hub.hubctl("alarms", "--all").succeeded().output.contains("seen by uid \(getuid())"))
            try await hub.hubctl("alarms", "ack", "4711").expectRefusal("4711")
        }
    }
}
