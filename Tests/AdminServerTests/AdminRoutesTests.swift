internal import AdminAPI
import Foundation
import HTTPTypes
import HubHTTP
import Issuing
internal import IssuingTestSupport
internal import Journal
internal import JournalTestSupport
import PKI
internal import Rooms
internal import RouteTestSupport
internal import Secrets
internal import SecretsTestSupport
import Testing
internal import Wire

@Suite struct AdminRoutesTests {
    private static let root = Peer(address: "local", userID: 0)

    private static func ask<Value: Decodable>(
        _ rig: AdminRig, _ type: Value.Type, _ path: String
    ) async throws -> Value {
        let answer = try await rig.local.send(.get, "/admin/v1" + path, as: root)
        #expect(answer.status == .ok)
        return try JSONDecoder().decode(type, from: Data(answer.body))
    }

    private static func post(_ rig: AdminRig, _ path: String, _ body: String) async throws -> RouteClient.Answer {
        let type = body.hasPrefix("{") ? "application/json" : path.contains("import") ? "text/csv" : "application/yaml"
        return try await rig.local.send(
            .post, "/admin/v1" + path, body: Array(body.utf8), headers: [.contentType: type], as: root)
    }

    @Test func pendingDevice_IsListedAndApprovedBySecret() async throws {
        let rig = try await AdminRig()
        let device = try TestDevice("a b é", secret: "late")
        _ = try await device.enrol(at: rig)
        let page = try await Self.ask(rig, AdminPage<AdminDevice>.self, "/devices?state=pending")
        #expect(
            page.items.map(\.deviceID) == ["a b é"] && page.items[0].fingerprint == device.key.publicKey.fingerprint)
        #expect(try await Self.post(rig, "/devices/a%20b%20%C3%A9/approve", #"{"secret":"late"}"#).status == .ok)
        #expect(try await device.enrol(at: rig).status == .approved)
    }

    @Test func listing_GoesOnPageByPage() async throws {
        let rig = try await AdminRig()
        for number in 1...5 { try await rig.addSecret("s", for: "d\(number)") }
        var after: String?
        var seen: [String] = []
        repeat {
            let page = try await Self.ask(
                rig, AdminPage<AdminSecret>.self, "/secrets?limit=2" + (after.map { "&after=\($0)" } ?? ""))
            seen += page.items.map(\.deviceID)
            #expect(page.items.allSatisfy { $0.secret == nil })
            after = page.after
        } while after != nil
        #expect(seen == ["d1", "d2", "d3", "d4", "d5"])
    }

    /// One address that guesses too often leaves the device open.
    @Test func secret_TellsALockForAllFromLockedAddresses() async throws {
        let rig = try await AdminRig()
        try await rig.addSecret("123456", for: "d1")
        let secret = try await #require(try rig.issuer.claim("d1").secret)
        var shown = try await Self.ask(rig, AdminSecret.self, "/secrets/d1")
        #expect(shown.lockedUntil == nil && shown.lockedAddresses == nil)
        for (address, isForAll) in [("203.0.113.66", false), ("203.0.113.67", true)] {
            for _ in 0..<10 {
                try await rig.rooms.secrets.countWrongGuess(
                    at: secret, by: Requester(name: "anonymous", address: address))
            }
            // Pauses of pairing are over.
            rig.clock.advance(by: 20)
            shown = try await Self.ask(rig, AdminSecret.self, "/secrets/d1")
            #expect((shown.lockedUntil != nil) == isForAll)
            #expect(shown.lockedAddresses == (isForAll ? 2 : 1))
        }
        #expect(try await rig.local.send(.post, "/admin/v1/secrets/d1/unlock", as: Self.root).status == .noContent)
        shown = try await Self.ask(rig, AdminSecret.self, "/secrets/d1")
        #expect(shown.lockedUntil == nil && shown.lockedAddresses == nil)
    }

    @Test(arguments: [
        ("/devices/nope", "unknownDevice", "hubctl device list"), ("/secrets/nope", "unknownSecret", "oob list"),
        ("/certificates/00ff", "unknownCertificate", "hubctl cert list"), ("/devices?state=odd", "badRequest", ""),
        ("/secrets?limit=0", "badRequest", ""), ("/secrets/imports/9/report", "unknownReport", ""),
        ("/secrets/imports/..%2F..%2Fca%2Fca.key/report", "unknownReport", ""),
    ])
    func refusal_HasCodeAndHint(path: String, code: String, hint: String) async throws {
        let rig = try await AdminRig()
        let answer = try await rig.local.send(.get, "/admin/v1" + path, as: Self.root)
        let failure = try JSONDecoder().decode(AdminFailure.self, from: Data(answer.body))
        #expect(failure.error.code == code)
        #expect(hint.isEmpty || failure.error.hint.contains(hint))
    }

    @Test func longBody_IsRefusedWithCodeAndHint() async throws {
        let rig = try await AdminRig()
        let body = #"{"deviceID":"d1","value":""# + String(repeating: "x", count: 70_000) + #""}"#
        let answer = try await rig.local.send(.post, "/admin/v1/secrets", body: Array(body.utf8), as: Self.root)
        let failure = try JSONDecoder().decode(AdminFailure.self, from: Data(answer.body))
        #expect(answer.status == .contentTooLarge)
        #expect(failure.error.code == "tooLarge" && failure.error.hint.contains("oob import"))
    }

    @Test func secretsAreShownOnlyOnRequest_AndTheTrailNotesIt() async throws {
        let rig = try await AdminRig()
        try await rig.addSecret("very-secret", for: "d1")
        let plain = try await rig.local.send(.get, "/admin/v1/secrets/export", as: Self.root)
        #expect(!plain.text.contains("very-secret"))
        let clear = try await rig.local.send(.get, "/admin/v1/secrets/export?secrets=true", as: Self.root)
        #expect(clear.text.contains("very-secret"))
        let events = try await rig.rooms.journal.auditEvents(before: nil, subject: nil, limit: 1)
        #expect(events.first?.action == "secret.export" && events.first?.requester.name == "uid 0")
    }

    @Test func certificate_IsIssuedForPeopleAndServers_NotForDevices() async throws {
        let rig = try await AdminRig()
        let key = try PrivateKey.makeP256().publicKey.pem().replacingOccurrences(of: "\n", with: "\\n")
        let body = { (ou: String, names: String) in
            #"{"commonName":"x","ou":"\#(ou)","publicKeyPEM":"\#(key)","names":[\#(names)]}"#
        }
        #expect(
            try await Self.post(rig, "/certificates", body("service", #""a.example","192.0.2.1""#)).status == .created)
        #expect(try await Self.post(rig, "/certificates", body("admin", "")).status == .created)
        #expect(try await Self.post(rig, "/certificates", body("iotdevice", "")).status == .badRequest)
        #expect(try await Self.post(rig, "/certificates", body("server", "")).status == .badRequest)
        #expect(try await Self.post(rig, "/certificates", body("client", #""a.example""#)).status == .badRequest)
    }

    @Test(arguments: [
        ("urn:foo:bar", "urn:foo:bar"), ("spiffe://site.example/a", "spiffe://site.example/a"),
        ("mailto:a@b.example", "mailto:a@b.example"), ("urn:latchkey:hub", nil), ("URN:latchkey:x", nil),
        ("broker.example:8883", nil), ("1a:b", nil), ("urn:", nil), ("urn:a b", nil), ("urn:é", nil),
    ])
    func uri_MayHaveAnyScheme_ButTheHubsOwn(name: String, uri: String?) async throws {
        let rig = try await AdminRig()
        let key = try PrivateKey.makeP256().publicKey.pem().replacingOccurrences(of: "\n", with: "\\n")
        let body = #"{"commonName":"x","ou":"service","publicKeyPEM":"\#(key)","names":["\#(name)"]}"#
        let answer = try await Self.post(rig, "/certificates", body)
        guard let uri else {
            #expect(answer.status == .badRequest)
            #expect(!name.lowercased().contains("latchkey") || answer.text.contains("kept for the hub"))
            return
        }
        let view = try JSONDecoder().decode(AdminCertificateView.self, from: Data(answer.body))
        #expect(try Certificate(pem: try #require(view.pem)).uris == [uri])
    }

    @Test func addressThatLooksLikeAURI_IsAnAddress() async throws {
        let rig = try await AdminRig()
        let key = try PrivateKey.makeP256().publicKey.pem().replacingOccurrences(of: "\n", with: "\\n")
        let body = #"{"commonName":"x","ou":"service","publicKeyPEM":"\#(key)","names":["fd00::1"]}"#
        let view = try JSONDecoder().decode(
            AdminCertificateView.self, from: Data(try await Self.post(rig, "/certificates", body).body))
        #expect(try Certificate(pem: try #require(view.pem)).addresses == ["fd00::1"])
    }

    @Test(arguments: [
        ("1234", "1234 is too short for a serial (16 or more hexadecimal digits)"),
        ("xyz", "xyz is not a serial number"),
    ])
    func slipOfTheFinger_IsNamed(serial: String, message: String) async throws {
        let rig = try await AdminRig()
        let answer = try await Self.post(rig, "/certificates/revoke", #"{"serial":"\#(serial)"}"#)
        let failure = try JSONDecoder().decode(AdminFailure.self, from: Data(answer.body))
        #expect(answer.status == .badRequest && failure.error.code == "invalidSerial")
        #expect(failure.error.message == message)
    }

    /// What the form of a web page can send, or a page without a word.
    @Test(arguments: [
        "text/plain", "Text/Plain; charset=utf-8", "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x", "",
    ])
    func formsBody_IsRefused(type: String) async throws {
        let rig = try await AdminRig()
        let admin = try await rig.peer("desk", ou: "admin")
        for (path, body) in [("/secrets/import", "deviceID,secret\na,x\n"), ("/config/check", "site:\n  name: x\n")] {
            let answer = try await rig.network.send(
                .post, "/admin/v1" + path, body: Array(body.utf8), headers: type.isEmpty ? [:] : [.contentType: type],
                as: admin)
            #expect(answer.status == .unsupportedMediaType && answer.text.contains("unsupportedType"), "\(path)")
        }
        #expect(try await Self.ask(rig, AdminPage<AdminSecret>.self, "/secrets").items.isEmpty)
    }

    @Test func administratorsCertificateOfTheFuture_IsToldFromAMissingRight() async throws {
        let rig = try await AdminRig()
        for (ou, code) in [("admin", "notYetValid"), ("client", "forbidden")] {
            let certificate = try #require(try await rig.peer("desk-" + ou, ou: ou).certificate)
            rig.clock.advance(by: -86_400)
            let peer = Peer(address: "192.0.2.9", endedCertificate: certificate)
            let answer = try await rig.network.send(.get, "/admin/v1/status", as: peer)
            let failure = try JSONDecoder().decode(AdminFailure.self, from: Data(answer.body))
            #expect(answer.status == .forbidden && failure.error.code == code)
            #expect(ou != "admin" || failure.error.message.contains("issue it anew"))
            rig.clock.advance(by: 86_400)
        }
    }

    @Test func import_AnswersWhatItDid() async throws {
        let rig = try await AdminRig()
        let answer = try await Self.post(rig, "/secrets/import?partial=true", "deviceID,secret\na,x\nb,\n")
        let summary = try JSONDecoder().decode(AdminImportSummary.self, from: Data(answer.body))
        #expect(summary.added == 1 && summary.refused == 1 && summary.weak == 1)
        let report = try await rig.local.send(.get, try #require(summary.report), as: Self.root)
        #expect(report.text == "deviceID,secret,line,column,reason\nb,,3,secret,is empty\n")
    }

    @Test func audit_IsFilteredAndItsDetailsAreMembers() async throws {
        let rig = try await AdminRig()
        for number in 1...3 {
            try await rig.rooms.journal.audit("tunnel.open", "d\(number)", by: .hub, detail: ["tunnel": "\(number)"])
        }
        try await rig.rooms.journal.audit("service.add", "mqtts", by: .hub)
        let page = try await Self.ask(rig, AdminPage<AdminAuditEvent>.self, "/audit?action=tunnel.&since=15m")
        #expect(page.items.map(\.subject) == ["d3", "d2", "d1"] && page.items[0].detail == ["tunnel": "3"])
        let news = try await Self.ask(rig, AdminPage<AdminAuditEvent>.self, "/audit?newerThan=1&action=tunnel")
        #expect(news.items.map(\.sequence) == [2, 3] && news.after == "4")
        for query in ["since=soon", "newerThan=-1", "newerThan=x", "limit=0", "after=x"] {
            #expect(try await rig.local.send(.get, "/admin/v1/audit?" + query, as: Self.root).status == .badRequest)
        }
    }

    @Test func audit_IsPruned_ButNotTheFuture() async throws {
        let rig = try await AdminRig()
        for number in 1...3 { try await rig.rooms.journal.audit("service.add", "s\(number)", by: .hub) }
        rig.clock.advance(by: 3 * 86_400)
        for before in ["2100-01-01", "soon", ""] {
            #expect(try await Self.post(rig, "/audit/prune", #"{"before":"\#(before)"}"#).status == .badRequest)
        }
        let answer = try await Self.post(rig, "/audit/prune", #"{"before":"2d"}"#)
        let done = try JSONDecoder().decode(AdminAuditPruned.self, from: Data(answer.body))
        #expect(done.removed == 3 && done.first == 4 && !done.hasMore)
        let verdict = try await Self.ask(rig, AdminVerdict.self, "/audit/verify")
        #expect(verdict.isGood && verdict.findings == ["1 events from number 4 on, none altered or missing"])
        let left = try await Self.ask(rig, AdminPage<AdminAuditEvent>.self, "/audit")
        #expect(left.items.map(\.action) == ["audit.prune"] && left.items.first?.requester == "uid 0")
    }

    @Test func tunnelToken_IsRefusedWithoutATunnelServer() async throws {
        let rig = try await AdminRig()
        let answer = try await Self.post(rig, "/tunnel-tokens", #"{"device":"d1"}"#)
        let failure = try JSONDecoder().decode(AdminFailure.self, from: Data(answer.body))
        #expect(answer.status == .conflict && failure.error.code == "tunnelsOff")
    }
}
