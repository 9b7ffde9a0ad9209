import Devices
internal import Encoding
import Foundation
import HubDaemon
import HubTestSupport
import Issuing
import Journal
internal import JournalTestSupport
import People
import PKI
internal import Rooms
import Testing
import Transport
import WebSockets
import Wire

/// Devices and operators on one hub, over TLS.
@Suite(.timeLimit(.minutes(1)), .serialized) struct DeviceLinkTests {
    private static let devicePath = "/api/devices/v1/deviceconnect/connect"

    private static func waitForStatus(_ status: String, _ hub: LinkedHub, _ id: String, _ token: String) async throws {
        while true {
            let answer = try await hub.send("GET", id, token: token)
            if try JSONValue(parsing: answer.body)["status"]?.string == status { return }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    @Test func connections_NeedTheRightToken() async throws {
        try await LinkedHub.run { hub in
            let device = try await hub.device("1")
            let viewer = try await hub.person("viewer", .viewer)
            let person = try await hub.person("operator", .operator)
            let path = "/api/management/v1/deviceconnect/devices/\(device.id)/connect"
            #expect(try await hub.refusal(Self.devicePath, token: nil) == 401)
            #expect(try await hub.refusal(Self.devicePath, token: person) == 401)
            #expect(try await hub.refusal(path, token: device.token) == 401)
            #expect(try await hub.refusal(path, token: viewer) == 403)
            #expect(try await hub.refusal(path, token: person) == 404)
            let unknown = path.replacingOccurrences(of: device.id, with: UniqueID.make())
            #expect(try await hub.refusal(unknown, token: person) == 404)
            #expect(try await hub.send("GET", UniqueID.make(), token: person).status == 404)
            #expect(try await hub.send("POST", "\(device.id)/check-update", token: person).status == 409)
            #expect(try await hub.send("POST", "\(UniqueID.make())/check-update", token: person).status == 404)
        }
    }

    @Test func shell_GoesBothWays_AndStandsInTheTrail() async throws {
        try await LinkedHub.run { hub in
            let device = try await hub.device("1")
            let token = try await hub.person("operator", .operator)
            try await Self.waitForStatus("unknown", hub, device.id, token)
            try await hub.withDevice(device) { script in
                try await Self.waitForStatus("connected", hub, device.id, token)
                let socket = try await hub.operate(device.id, token: token)
                var messages = socket.messages.makeAsyncIterator()
                try await socket.send(LinkEnvelope(.control, "open", session: "mine", body: LinkBody.Open().encoded()))
                #expect(try await messages.envelope()?.type == "accept")
                try await socket.send(LinkEnvelope(.shell, "new"))
                #expect(try await messages.envelope()?.number("status") == 1)
                try await socket.send(LinkEnvelope(.shell, "shell", body: Array("ls\n".utf8)))
                let echo = try #require(try await messages.envelope())
                #expect(echo.body == Array("ls\n".utf8))
                #expect(script.received.allSatisfy { $0.session == echo.session && $0.text("user_id") != nil })
                #expect(UniqueID.isValid(echo.session))
                socket.close()
                try await script.wait { $0.suffix(2).map(\.type) == ["stop", "close"] }
            }
            try await Self.waitForStatus("disconnected", hub, device.id, token)
            // The link is gone before the end of the session stands in the trail.
            var events: [AuditEvent] = []
            while !events.contains(where: { $0.action == "link.end" }) {
                try await Task.sleep(for: .milliseconds(20))
                events = try await hub.rooms.journal.auditEvents(before: nil, subject: nil, limit: 10)
            }
            let opened = try #require(events.first { $0.action == "link.shell" })
            #expect(opened.requester.name == "user operator")
            let ended = try #require(events.first { $0.action == "link.end" })
            #expect(ended.subject == opened.subject)
            #expect(ended.detail.contains("\"bytesToDevice\":\"3\""))
            #expect(ended.detail.contains("\"bytesFromDevice\":\"3\""))
        }
    }

    @Test func twoOperators_DoNotSeeEachOther() async throws {
        try await LinkedHub.run { hub in
            let device = try await hub.device("1")
            let token = try await hub.person("operator", .operator)
            try await hub.withDevice(device) { _ in
                let sockets = [
                    try await hub.operate(device.id, token: token), try await hub.operate(device.id, token: token),
                ]
                var iterators = sockets.map { $0.messages.makeAsyncIterator() }
                for round in 0..<50 {
                    for (number, socket) in sockets.enumerated() {
                        try await socket.send(LinkEnvelope(.shell, "shell", body: [UInt8(number), UInt8(round)]))
                    }
                }
                for number in sockets.indices {
                    for round in 0..<50 {
                        #expect(try await iterators[number].envelope()?.body == [UInt8(number), UInt8(round)])
                    }
                }
                sockets.forEach { $0.close() }
            }
        }
    }

    @Test func deviceThatGoes_EndsTheSession() async throws {
        try await LinkedHub.run { hub in
            let device = try await hub.device("1")
            let token = try await hub.person("operator", .operator)
            let link = try await hub.connect(Self.devicePath, token: device.token, subprotocols: ["protomsg/msgpack"])
            #expect(link.subprotocol == "protomsg/msgpack")
            let socket = try await hub.operate(device.id, token: token)
            var messages = socket.messages.makeAsyncIterator()
            link.close()
            let error = try #require(try await messages.envelope())
            #expect(error.proto == .control && error.type == "error")
            #expect(try LinkBody.Failure(parsing: error.body).closes)
            #expect(try await messages.envelope()?.type == "close")
            #expect(try await messages.envelope() == nil)
        }
    }

    @Test func secondConnection_ReplacesTheFirst() async throws {
        try await LinkedHub.run { hub in
            let device = try await hub.device("1")
            let token = try await hub.person("operator", .operator)
            let first = try await hub.connect(Self.devicePath, token: device.token)
            try await Self.waitForStatus("connected", hub, device.id, token)
            try await hub.withDevice(device) { script in
                await first.closed()
                #expect(try await hub.send("POST", "\(device.id)/send-inventory", token: token).status == 202)
                try await script.wait { $0.contains { $0.proto == .client && $0.type == "send-inventory" } }
            }
        }
    }

    @Test func rejectedDevice_LosesItsLinkAtOnce() async throws {
        try await LinkedHub.run { hub in
            let device = try await hub.device("1")
            let token = try await hub.person("operator", .operator)
            let link = try await hub.connect(Self.devicePath, token: device.token)
            try await Self.waitForStatus("connected", hub, device.id, token)
            let identity = try #require(try await hub.rooms.identities.identity(device.id))
            let set = try #require(identity.authSets.first)
            try await hub.test.hub.issuer.decide(device.id, authSet: set.id, .rejected, by: .hub)
            await link.closed()
            #expect(link.closeCode == .policy)
            #expect(try await hub.refusal(Self.devicePath, token: device.token) == 401)
        }
    }

    @Test func operatorWhoseTokenEnds_LosesTheSession() async throws {
        try await LinkedHub.run { hub in
            let device = try await hub.device("1")
            let token = try await hub.person("operator", .operator)
            try await hub.withDevice(device) { _ in
                let socket = try await hub.operate(device.id, token: token)
                let session = try await #require(try hub.rooms.people.session(userToken: token))
                try await hub.rooms.people.logOut(session, by: .hub)
                await socket.closed()
                #expect(socket.closeCode == .policy)
            }
        }
    }

    @Test func messageTheDeviceWouldNotTake_EndsTheSession_NotTheLink() async throws {
        try await LinkedHub.run { hub in
            let device = try await hub.device("1")
            let token = try await hub.person("operator", .operator)
            try await hub.withDevice(device) { _ in
                for hostile in [
                    WebSocketMessage.binary(
                        LinkEnvelope(.shell, "shell", body: [UInt8](repeating: 0, count: 8192)).encoded()),
                    .text("{}"), .binary([0xC1]), .binary(LinkEnvelope(.forward, "new", body: [0x80]).encoded()),
                ] {
                    let socket = try await hub.operate(device.id, token: token)
                    var messages = socket.messages.makeAsyncIterator()
                    try await socket.send(hostile)
                    #expect(try await messages.envelope()?.type == "error")
                    await socket.closed()
                }
                try await Self.waitForStatus("connected", hub, device.id, token)
            }
        }
    }

    @Test func deviceThatSendsNonsense_IsDropped() async throws {
        try await LinkedHub.run { hub in
            let device = try await hub.device("1")
            let link = try await hub.connect(Self.devicePath, token: device.token)
            try await link.send(.binary([0xC1, 0xC1]))
            await link.closed()
            #expect(link.closeCode == .policy)
        }
    }

    @Test func file_IsDownloaded() async throws {
        try await LinkedHub.run { hub in
            let device = try await hub.device("1")
            let token = try await hub.person("operator", .operator)
            let content = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            let files = ["/etc/a file": content, "/empty": [], "/dir": []]
            try await hub.withDevice(device, ScriptedDevice(files: files)) { script in
                let answer = try await hub.send("GET", "\(device.id)/download?path=/etc/a%20file", token: token)
                #expect(answer.status == 200 && answer.body == content)
                #expect(answer.header("X-MEN-File-Path") == "/etc/a file")
                #expect(answer.header("X-MEN-File-Mode") == "640" && answer.header("X-MEN-File-UID") == "1")
                #expect(answer.header("X-MEN-File-Size") == "300000")
                #expect(answer.header("Content-Disposition") == "attachment; filename=\"a file\"")
                try await script.wait { $0.last?.type == "close" }
                #expect(script.received.filter { $0.type == "ack" }.count >= 7)
                let empty = try await hub.send("GET", "\(device.id)/download?path=/empty", token: token)
                #expect(empty.status == 200 && empty.body.isEmpty)
                #expect(try await hub.send("GET", "\(device.id)/download?path=/none", token: token).status == 502)
                #expect(try await hub.send("GET", "\(device.id)/download?path=/dir", token: token).status == 400)
                #expect(try await hub.send("GET", "\(device.id)/download?path=relative", token: token).status == 400)
            }
            #expect(try await hub.send("GET", "\(device.id)/download?path=/x", token: token).status == 409)
            let events = try await hub.rooms.journal.auditEvents(before: nil, subject: nil, limit: 30)
            #expect(events.contains { $0.action == "link.fileRead" && $0.detail.contains("/etc/a file") })
        }
    }

    @Test func file_IsUploaded() async throws {
        try await LinkedHub.run { hub in
            let device = try await hub.device("1")
            let token = try await hub.person("operator", .operator)
            let content = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 11) }
            @Sendable func form(_ path: String) -> [UInt8] {
                var body: [UInt8] = []
                for (name, value) in [("path", path), ("uid", "0"), ("gid", "0"), ("mode", "0644")] {
                    body += Array("--b\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n".utf8)
                }
                body += Array("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n".utf8)
                return body + content + Array("\r\n--b--\r\n".utf8)
            }
            let type = [("Content-Type", "multipart/form-data; boundary=b")]
            try await hub.withDevice(device) { script in
                let answer = try await hub.send(
                    "PUT", "\(device.id)/upload", token: token, headers: type, body: form("/tmp/f"))
                #expect(answer.status == 201)
                #expect(script.file("/tmp/f") == content)
                let refused = try await hub.send(
                    "PUT", "\(device.id)/upload", token: token, headers: type, body: form("/full"))
                #expect(refused.status == 502)
                #expect(String(decoding: refused.body, as: UTF8.self).contains("no space left"))
                for (path, headers) in [("relative", type), ("/x", [])] {
                    let bad = try await hub.send(
                        "PUT", "\(device.id)/upload", token: token, headers: headers, body: form(path))
                    #expect(bad.status == 400)
                }
            }
        }
    }

    /// mender-cli sends the rights behind the file.
    @Test func rightsBehindTheFile_ArriveWithIt() async throws {
        try await LinkedHub.run { hub in
            let device = try await hub.device("1")
            let token = try await hub.person("operator", .operator)
            let content = (0..<600_000).map { UInt8(truncatingIfNeeded: $0 &* 13) }
            @Sendable func form(_ fields: [(String, [UInt8])]) -> [UInt8] {
                fields.flatMap { name, value in
                    Array("--b\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n".utf8) + value + [
                        0x0D, 0x0A,
                    ]
                } + Array("--b--\r\n".utf8)
            }
            let path = ("path", Array("/tmp/f".utf8))
            let type = [("Content-Type", "multipart/form-data; boundary=b")]
            @Sendable func upload(_ body: [UInt8]) async throws -> Int {
                try await hub.send("PUT", "\(device.id)/upload", token: token, headers: type, body: body).status
            }
            try await hub.withDevice(device) { script async throws in
                let mode = ("mode", Array("100640".utf8))
                #expect(try await upload(form([path, ("file", content), mode])) == 201)
                #expect(script.file("/tmp/f") == content)
                #expect(script.rights == [0o640])
                #expect(try await upload(form([path, ("file", [])])) == 201)
                #expect(script.file("/tmp/f") == [])
                #expect(script.rights == [0o640, nil])
                #expect(try await upload(form([path, mode, ("file", content)])) == 201)
                #expect(script.rights == [0o640, nil, 0o640])
                // Nothing reaches the device of a form that is not whole, or wrong behind the file.
                let wrong = ("mode", Array("rw".utf8))
                for bad in [
                    form([path, ("file", content), wrong]), Array(form([path, ("file", content), mode]).dropLast(8)),
                    form([path, ("file", content), ("file", content)]), form([path, mode]),
                ] { #expect(try await upload(bad) == 400) }
                #expect(script.rights.count == 3)
            }
            // What waited is gone.
            let folder = hub.test.folder.path + "/state/artifacts"
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        }
    }

    @Test func administratorWhoseCertificateIsRevoked_LosesTheSession() async throws {
        try await LinkedHub.run { hub in
            let device = try await hub.device("1")
            let record = try #require(try await hub.rooms.identities.identity(device.id)).deviceID
            let issuer = hub.test.hub.issuer
            let key = try PrivateKey.makeP256()
            let certificate = try await issuer.issue(
                commonName: "boss", ou: "admin", publicKey: key.publicKey, by: .hub)
            var tls = hub.tls
            tls.identity = ClientIdentity(chain: [certificate], signer: key)
            try await hub.withDevice(device) { [tls] _ in
                let socket = try await WebSocketClient.connect(
                    hub.endpoint, tls: tls, path: "/admin/v1/devices/\(record)/link")
                var messages = socket.messages.makeAsyncIterator()
                try await socket.send(LinkEnvelope(.shell, "shell", body: [1]))
                #expect(try await messages.envelope()?.body == [1])
                _ = try await issuer.revoke(serial: "\(certificate.serial)", reason: .keyCompromise, by: .hub)
                await socket.closed()
                await #expect(throws: WebSocketClient.Refusal.self) {
                    _ = try await WebSocketClient.connect(
                        hub.endpoint, tls: hub.tls, path: "/admin/v1/devices/\(record)/link")
                }
            }
        }
    }
}
