internal import AdminAPI
internal import Devices
internal import Encoding
import Foundation
import HTTPTypes
import HubDaemon
import HubHTTP
import HubTestSupport
import Issuing
internal import IssuingTestSupport
internal import Journal
internal import JournalTestSupport
import PKI
internal import Rooms
internal import RouteTestSupport
internal import SecretsTestSupport
import Store
import Testing
import Wire

@testable import Secrets

/// Which names devices, and all others, may have: the same at every way into the hub.
@Suite struct DeviceNameTests {
    private static let root = Peer(address: "local", userID: 0)

    /// An ID from before the rule, as a hub that was updated has it.
    private static func legacy(_ id: String, at hub: TestHub, state: DeviceState = .pending) async throws {
        let seen = hub.clock.now
        let devices = hub.hub.rooms.devices
        try await hub.hub.rooms.journal.store.write { db in
            try devices.save(Device(id: id, state: state, seen: seen), in: db)
        }
    }

    /// What an older hub wrote: it would not be taken any more.
    private static func legacySecret(_ secret: String, for id: String, at hub: TestHub) async throws {
        let new = NewSecret(deviceID: id, value: Array(secret.utf8), validUntil: hub.clock.now + 3600)
        let sealed = hub.hub.rooms.secrets.seal(SecretMaterial(secret: new.value).encoded, deviceID: id)
        try await hub.hub.rooms.journal.store.write { db in try SecretStore.insert(new, sealed: sealed, in: db) }
    }

    private static func isKnown(_ id: String, to hub: TestHub) async throws -> Bool {
        do {
            _ = try await hub.hub.rooms.devices.device(id)
            return true
        } catch DevicesError.unknownDevice {
            return false
        }
    }

    private static func issue(
        _ hub: TestHub, _ name: String, ou: String, isNewName: Bool = true
    ) async throws -> Certificate {
        try await hub.hub.issuer.issue(
            commonName: name, ou: ou, publicKey: try PrivateKey.makeP256().publicKey, isNewName: isNewName, by: .hub)
    }

    private static func send(_ hub: TestHub, _ path: String, _ body: String) async throws -> RouteClient.Answer {
        let type = body.hasPrefix("{") ? "application/json" : "text/csv"
        return try await hub.local.send(
            .post, "/admin/v1" + path, body: Array(body.utf8), headers: [.contentType: type], as: root)
    }

    static let badIDs = ["a/b", "a+", "#", "a\\b", "$SYS", "..", "a\u{A0}b", "S\u{212A}-1", "a ", "a\u{378}"]

    @Test(arguments: badIDs) func newID_FollowsTheRule_AtEveryEntrance(_ id: String) async throws {
        let hub = try await TestHub()
        let json = String(decoding: try JSONEncoder().encode(id), as: UTF8.self)
        let ask = try TestDevice(id, secret: "s").request()
        #expect(try await hub.network.send(.post, "/idprov/provreq", body: ask).status == .badRequest)
        let plugin = try await hub.peer("p", ou: "plugin")
        #expect(try await hub.network.send(.post, "/idprov/provreq", body: ask, as: plugin).status == .badRequest)
        let post = OOBSecretPost(deviceID: id, oobSecret: "s").encoded()
        #expect(try await hub.network.send(.post, "/idprov/oobsecret", body: post, as: plugin).status == .badRequest)
        let pake = PairingRequest.parameters(
            deviceID: id, suites: [SPAKE2Plus.suite], clientNonce: Base64URL.encode(Array(repeating: 1, count: 32)),
            publicKeyPEM: try PrivateKey.makeP256().publicKey.pem()
        ).encoded()
        #expect(try await hub.network.send(.post, PairingRequest.path, body: pake).status == .badRequest)
        let secret = try await Self.send(hub, "/secrets", #"{"deviceID":\#(json),"secret":"s"}"#)
        #expect(secret.status == .badRequest && secret.text.contains("invalidDeviceID"))
        let file = try await Self.send(hub, "/secrets/import", "deviceID,secret\n\"\(id)\",s\n")
        #expect(file.text.contains(#""refused":1"#) && file.text.contains(#""column":"deviceID""#))
        #expect(try await !Self.isKnown(id, to: hub))
        #expect(try await hub.hub.rooms.secrets.secretCount() == 0)
    }

    @Test func deviceThatIsKnown_KeepsItsID_EverywhereButAtRegistration() async throws {
        let hub = try await TestHub()
        try await Self.legacy("hall/lamp", at: hub)
        let device = try TestDevice("hall/lamp", secret: "late")
        #expect(try await device.provision(at: hub).status == .waiting)
        let approval = try await Self.send(hub, "/devices/hall%2Flamp/approve", #"{"secret":"late"}"#)
        #expect(approval.status == .ok)
        let answer = try await device.provision(at: hub)
        #expect(answer.status == .approved)
        let own = Peer(address: "192.0.2.7", certificate: try Certificate(pem: answer.clientCert))
        #expect(try await device.provision(at: hub, as: own).status == .approved)
        #expect(try await Self.send(hub, "/secrets", #"{"deviceID":"hall/lamp","secret":"s"}"#).status == .badRequest)
    }

    @Test func invalidIDs_AreListedPageByPage_WithTheReason() async throws {
        let hub = try await TestHub()
        for id in ["a/b", "good", "x#", "z"] { try await Self.legacy(id, at: hub) }
        try await Self.legacySecret("s", for: "p+q", at: hub)
        var after: String?
        var seen: [AdminDevice] = []
        repeat {
            let path =
                "/admin/v1/devices?invalidIDs=true&limit=1"
                + (after.map { "&after=\(PercentEncoding.encode($0))" } ?? "")
            let answer = try await hub.local.send(.get, path, as: Self.root)
            let page = try JSONDecoder().decode(AdminPage<AdminDevice>.self, from: Data(answer.body))
            seen += page.items
            after = page.after
        } while after != nil
        #expect(seen.map(\.deviceID) == ["a/b", "p+q", "x#"])
        #expect(seen.map(\.state) == ["pending", "expected", "pending"])
        #expect(seen.allSatisfy { $0.idProblem?.hasPrefix("contains '") == true })
    }

    @Test(arguments: ["service", "client", "admin", "plugin"])
    func nameOfAnotherRole_IsNoDevices_AtEveryEntrance(_ ou: String) async throws {
        let hub = try await TestHub()
        let certificate = try await Self.issue(hub, "historian", ou: ou)
        #expect(try await TestDevice("historian", secret: "s").provision(at: hub).status == .rejected)
        #expect(try await !Self.isKnown("historian", to: hub))
        let plugin = try await hub.peer("p", ou: "plugin")
        #expect(try await TestDevice("historian", secret: "s").provision(at: hub, as: plugin).status == .rejected)
        let post = OOBSecretPost(deviceID: "historian", oobSecret: "s").encoded()
        #expect(try await hub.network.send(.post, "/idprov/oobsecret", body: post, as: plugin).status == .badRequest)
        let secret = try await Self.send(hub, "/secrets", #"{"deviceID":"historian","secret":"s"}"#)
        #expect(secret.status == .conflict && secret.text.contains("deviceNameTaken"))
        let file = try await Self.send(hub, "/secrets/import", "deviceID,secret\nhistorian,s\n")
        #expect(file.text.contains(#""refused":1"#) && file.text.contains("OU \(ou)"))
        #expect(try await hub.hub.rooms.secrets.secretCount() == 0)
        // Once it does not count any more, the name is free; on hold it may come back.
        try await hub.hub.issuer.revoke(serial: certificate.serial.description, reason: .certificateHold, by: .hub)
        #expect(try await TestDevice("historian", secret: "s").provision(at: hub).status == .rejected)
        try await hub.hub.issuer.revoke(serial: certificate.serial.description, reason: .superseded, by: .hub)
        try await hub.addSecret("s", for: "historian")
        #expect(try await TestDevice("historian", secret: "s").provision(at: hub).status == .approved)
    }

    @Test func nameGivenWhileADeviceWaits_IsNotItsAnyMore() async throws {
        let hub = try await TestHub()
        let device = try TestDevice("broker", secret: "")
        #expect(try await device.provision(at: hub).status == .waiting)
        // Whoever only asks must not be able to keep a name from the operator.
        _ = try await Self.issue(hub, "broker", ou: "service")
        #expect(try await device.provision(at: hub).status == .rejected)
        let approval = try await Self.send(
            hub, "/devices/broker/approve", #"{"fingerprint":"\#(device.key.publicKey.fingerprint)"}"#)
        #expect(approval.status == .conflict && approval.text.contains("deviceNameTaken"))
        #expect(try await Self.send(hub, "/devices/broker/approve", #"{"secret":"s"}"#).status == .conflict)
    }

    @Test func nameOfADevice_IsNobodyElses() async throws {
        let hub = try await TestHub()
        try await hub.addSecret("s", for: "lamp")
        let isExpected = DevicesError.nameOfDevice("lamp", isSecretOnly: true)
        await #expect(throws: isExpected) { try await Self.issue(hub, "lamp", ou: "service") }
        let key = try PrivateKey.makeP256().publicKey.pem()
        let body = String(
            decoding: try JSONEncoder().encode(
                AdminCertificateRequest(
                    commonName: "lamp", ou: "service", publicKeyPEM: key, names: nil, validityDays: nil)), as: UTF8.self
        )
        #expect(try await Self.send(hub, "/certificates", body).text.contains("oob remove lamp"))
        let device = try TestDevice("lamp", secret: "s")
        let certificate = try Certificate(pem: try await device.provision(at: hub).clientCert)
        let refused = try await Self.send(hub, "/certificates", body)
        #expect(refused.status == .conflict && refused.text.contains("nameOfDevice"))
        #expect(refused.text.contains("hubctl device remove lamp"))
        // What the hub makes for itself, and what is renewed, keeps its name.
        _ = try await Self.issue(hub, "lamp", ou: "admin", isNewName: false)
        let own = Peer(address: "192.0.2.7", certificate: certificate)
        #expect(try await device.provision(at: hub, as: own).status == .approved, "it has its name already")
        try await hub.hub.issuer.revoke(deviceID: "lamp", reason: .certificateHold, by: .hub)
        await #expect(throws: DevicesError.nameOfDevice("lamp"), "it may come back") {
            try await Self.issue(hub, "lamp", ou: "client")
        }
        try await hub.hub.issuer.remove(deviceID: "lamp", by: .hub)
        _ = try await Self.issue(hub, "lamp", ou: "client")
        // The name is the client's now, whatever the record of the device has left.
        let fingerprint = #"{"fingerprint":"\#(device.key.publicKey.fingerprint)"}"#
        #expect(try await Self.send(hub, "/devices/lamp/approve", fingerprint).status == .conflict)
        #expect(try await Self.send(hub, "/devices/lamp/approve", #"{"secret":"s"}"#).status == .conflict)
    }

    @Test func importOfADeviceThatHasItsName_IsTaken_WhoeverElseBearsIt() async throws {
        let hub = try await TestHub()
        try await hub.addSecret("s", for: "lamp")
        #expect(try await TestDevice("lamp", secret: "s").provision(at: hub).status == .approved)
        _ = try await Self.issue(hub, "lamp", ou: "admin", isNewName: false)
        let file = try await Self.send(hub, "/secrets/import", "deviceID,secret\nlamp,s\n")
        #expect(file.text.contains(#""refused":0"#), "\(file.text)")
    }

    @Test func serial_IsANumber_HoweverItIsWritten() async throws {
        let hub = try await TestHub()
        var certificate = try await Self.issue(hub, "c", ou: "client")
        // One in sixteen begins with a zero digit; it must be seen with one.
        while !certificate.serial.description.hasPrefix("0") {
            certificate = try await Self.issue(hub, "c", ou: "client")
        }
        let text = certificate.serial.description
        let short = String(text.drop { $0 == "0" })
        let pairs = stride(from: 0, to: text.count, by: 2).map { text.dropFirst($0).prefix(2) }.joined(separator: ":")
        for spelling in [
            short, "0x" + short, "0X" + text.uppercased(), pairs.uppercased(), "000000" + text, "0x0" + text,
        ] {
            #expect(try await hub.hub.issuer.certificate(serial: spelling).serial == text, "\(spelling)")
            let path = "/admin/v1/certificates/" + PercentEncoding.encode(spelling)
            #expect(try await hub.local.send(.get, path, as: Self.root).status == .ok, "\(spelling)")
        }
        for word in ["certificates/hold", "certificates/unhold", "certificates/revoke"] {
            #expect(try await Self.send(hub, "/" + word, #"{"serial":"0x\#(short)"}"#).status == .ok, "\(word)")
        }
        #expect(try await Self.send(hub, "/certificates/revoke", #"{"target":"\#(short)"}"#).status == .ok)
        for nothing in ["", "0x", "zz", "-1", String(repeating: "0", count: 300) + text] {
            await #expect(throws: IssuingError.unknownCertificate(nothing)) {
                try await hub.hub.issuer.certificate(serial: nothing)
            }
        }
    }
}
