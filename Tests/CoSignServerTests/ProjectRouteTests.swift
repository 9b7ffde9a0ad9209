import CoSignTestSupport
import CoSigning
import Devices
import Encoding
import HTTPTypes
import HubHTTP
import IssuingTestSupport
import Journal
import JournalTestSupport
import PKI
import RecordTestSupport
import Releases
import RouteTestSupport
import SecretsTestSupport
import Testing

/// The endpoints that programs written for oneID Connect call (docs/protocols/cosign.md 6).
@Suite struct ProjectRouteTests {
    @Test(arguments: ["application/jwt", "application/jose+json", "application/json"])
    func goodMessage_IsCoSigned_WhatItHadIsUnchanged(type: String) async throws {
        let rig = try await CoSignRig()
        for others in [[], [rig.publisher.project]] {
            var ask = try rig.ask(with: others)
            ask.type = type
            let answer = try await rig.send(ask)
            #expect(answer.status == .ok && answer.headers[.contentType] == "application/jose+json")
            #expect(answer.headers[.cacheControl] == "no-store")
            let before = try SignedMessage(parsing: ask.body)
            let after = try SignedMessage(parsing: answer.body)
            #expect(after.payload == before.payload)
            #expect(after.entries.dropLast().map(\.protected) == before.entries.map(\.protected))
            #expect(after.entries.dropLast().map(\.signature) == before.entries.map(\.signature))
            let coSignature = try #require(after.entries.last)
            let kid = "project/" + rig.projectID
            #expect(coSignature.header.kid.text == kid)
            let header = coSignature.header.members
            #expect(header["iat"]?.integer == rig.now && header["exp"]?.integer == rig.now + 900)
            #expect(header["sidx"]?.integer == Int64(before.entries.count))
            let key = try #require(try await rig.releases.project(rig.projectID).keys(.cosigner).first)
            #expect(after.isSigned(coSignature, by: key.key))
        }
        let events = try await rig.journal.auditEvents(before: nil, subject: nil, limit: 100)
        #expect(events.filter { $0.action == "cosign.sign" }.count == 2)
    }

    @Test func coSignature_EndsWithTheMessage() async throws {
        let rig = try await CoSignRig()
        let end = rig.now + 60
        let claims = rig.publisher.message(
            at: rig.now, [("exp", .number("\(end)")), ("jti", .string(MessageID.make(end: end).text))])
        let message = try SignedMessage(parsing: try await rig.send(rig.ask(claims)).body)
        #expect(message.entries.last?.header.members["exp"]?.integer == end)
    }

    @Test func messageOfADevice_IsCoSigned_UntilTheDeviceIsRevoked() async throws {
        let rig = try await CoSignRig()
        let device = try TestDevice("lamp", secret: "s3cret")
        try await rig.addSecret("s3cret", for: "lamp")
        _ = try await device.enrol(at: rig)
        let signer = SigningKey(kid: try #require(KeyID("lamp")), key: device.key)
        func ask(_ signer: SigningKey, issuer: String = "lamp", device: String = "lamp") throws -> CoSignRig.Ask {
            let claims = rig.publisher.message(at: rig.now, [("iss", .string(issuer))])
            return CoSignRig.Ask(
                path: "/projects/\(rig.projectID)/cosign_for_edge_device/\(device)",
                token: try Publisher.token(of: rig.publisher.server, at: rig.now),
                body: try Publisher.signed(claims, by: [signer]))
        }
        let answer = try await rig.send(ask(signer))
        #expect(answer.status == .ok, "\(answer.text)")
        #expect(
            try SignedMessage(parsing: answer.body).entries.map(\.header.kid.text) == [
                "lamp", "project/" + rig.projectID,
            ])
        #expect(try await rig.send(ask(signer, issuer: rig.publisher.server.kid.text)).isRefusal(403, "policy"))
        #expect(try await rig.send(ask(Publisher.key("lamp"))).isRefusal(403, "bad_signature"))
        // Only a server may learn whether a device exists.
        for name in ["lamp", "nobody"] {
            var strange = try ask(signer, device: name)
            strange.token = try Publisher.token(of: Publisher.key("stranger"), at: rig.now)
            #expect(try await rig.send(strange).isRefusal(403, "unknown_server"))
            strange.token = nil
            #expect(try await rig.send(strange).isRefusal(403, "unknown_server"))
        }
        #expect(try await rig.send(ask(Publisher.key("nobody"), device: "nobody")).isRefusal(403, "bad_signature"))
        try await rig.revoke("lamp")
        #expect(try await rig.send(ask(signer)).isRefusal(403, "device_revoked"))
    }

    @Test func twelveRequestsWithOneToken_OneIsAnswered() async throws {
        let rig = try await CoSignRig()
        let token = try Publisher.token(of: rig.publisher.server, at: rig.now)
        let asks = try (0..<12).map { _ in
            var ask = try rig.ask()
            ask.token = token
            return ask
        }
        let answers = try await withThrowingTaskGroup(of: RouteClient.Answer.self) { group in
            for ask in asks { group.addTask { try await rig.send(ask) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.filter { $0.status == .ok }.count == 1)
        #expect(answers.filter { $0.isRefusal(403, "replayed") }.count == 11)
    }

    @Test func administrator_RevokesAServer_WithTheNextRequest() async throws {
        let rig = try await CoSignRig()
        func revoke(_ server: String, token: String?) async throws -> RouteClient.Answer {
            var headers: HTTPFields = [:]
            if let token { headers[.authorization] = "Bearer " + token }
            return try await rig.network.send(
                .post, "/projects/\(rig.projectID)/server/\(server)/revoke", headers: headers)
        }
        let name = rig.publisher.server.kid.text
        func token(_ key: SigningKey) throws -> String { try Publisher.token(of: key, at: rig.now) }
        #expect(try await revoke(name, token: nil).isRefusal(403, "unauthenticated"))
        #expect(try await revoke(name, token: token(rig.publisher.server)).isRefusal(403, "unauthenticated"))
        #expect(try await rig.send(rig.ask()).status == .ok)
        for _ in 0..<2 {
            let answer = try await revoke(name, token: token(rig.publisher.admin))
            #expect(answer.status == .ok && answer.text == "{}")
        }
        #expect(try await rig.send(rig.ask()).isRefusal(403, "server_revoked"))
        #expect(try await revoke("nobody", token: token(rig.publisher.admin)).isRefusal(404, "unknown_server"))
        // Keys of other roles do not count as servers.
        #expect(
            try await revoke(rig.projectID, token: token(rig.publisher.admin)).isRefusal(404, "unknown_server"))
        try await rig.setState(.suspended, of: rig.publisher.admin)
        #expect(try await revoke(name, token: token(rig.publisher.admin)).isRefusal(403, "unauthenticated"))
    }

    @Test func administrator_RevokesADeviceOfItsProject_NotOfAnother() async throws {
        let rig = try await CoSignRig()
        for id in ["lamp", "stove"] { _ = try await rig.device(id) }
        try await rig.edit("lamp") { $0.deviceType = "rpi4" }
        try await rig.edit("stove") { $0.deviceType = "of another" }
        var other = NewProject(id: "other", projectKeys: [try Publisher.key("other").verification])
        other.deviceTypes = ["of another"]
        _ = try await rig.releases.createProject(other, by: .hub)
        func revoke(_ device: String) async throws -> RouteClient.Answer {
            let token = try Publisher.token(of: rig.publisher.admin, at: rig.now)
            return try await rig.network.send(
                .post, "/projects/\(rig.projectID)/edge_device/\(device)/revoke",
                headers: [.authorization: "Bearer " + token])
        }
        for _ in 0..<2 {
            let answer = try await revoke("lamp")
            #expect(answer.status == .ok && answer.text == "{}", "\(answer.text)")
        }
        #expect(try await rig.record("lamp").state == .revoked)
        #expect(try await revoke("nobody").status == .notFound)
        #expect(try await revoke("stove").status == .notFound)
        #expect(try await rig.record("stove").state == .approved)
    }

    @Test(arguments: [HTTPRequest.Method.get, .put, .delete, .patch])
    func otherMethod_IsToldWhatIsAllowed(method: HTTPRequest.Method) async throws {
        let rig = try await CoSignRig()
        let server = rig.publisher.server.kid.text
        for path in [
            "cosign_for_server/\(server)", "cosign_for_edge_device/lamp", "server/\(server)/revoke",
            "edge_device/lamp/revoke",
        ] {
            let answer = try await rig.network.send(method, "/projects/\(rig.projectID)/\(path)")
            #expect(answer.status == .methodNotAllowed && answer.headers[.allow] == "POST", "\(path)")
        }
    }

    @Test(arguments: ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
    func whatAWebPageCanSend_IsRefused(type: String) async throws {
        let rig = try await CoSignRig()
        var ask = try rig.ask()
        ask.type = type
        #expect(try await rig.send(ask).status == .unsupportedMediaType)
    }

    @Test func strangerWhoFailsTooOften_Waits_OthersDoNot() async throws {
        let rig = try await CoSignRig()
        var bad = try rig.ask()
        bad.token = nil
        var answers: [RouteClient.Answer] = []
        for _ in 0..<40 { answers.append(try await rig.send(bad)) }
        #expect(answers.first?.isRefusal(403, "unauthenticated") == true)
        #expect(answers.last?.status == .tooManyRequests)
        #expect(answers.last?.headers[.retryAfter] != nil)
        #expect(try await rig.send(rig.ask()).status == .tooManyRequests)
        #expect(try await rig.send(rig.ask(), from: "192.0.2.8").status == .ok)
        rig.clock.advance(by: 60)
        #expect(try await rig.send(rig.ask()).status == .ok)
    }
}
