import CoSigning
import Encoding
import Testing

/// What the published oneID Connect SDK sent and made, byte for byte.
@Suite struct OneIDWireTests {
    private static let project = Project(
        id: Exchange.projectID, projectKeys: [Party.project.registered()], servers: [Party.server.registered()],
        policy: .init())

    private static func member(_ name: String) throws -> JSONValue { try Vectors.load("oneid-wire").required(name) }

    private static func message(_ name: String) throws -> [UInt8] {
        Array(try #require(try member(name).string).utf8)
    }

    private static func token(_ request: JSONValue) throws -> String {
        let header = try request.required("headers").requiredText("Authorization")
        return String(try #require(header.split(separator: " ").last))
    }

    private static func ask(_ name: String, _ author: CoSignRequest.Author) throws -> CoSignRequest.Judgement {
        let request = try member(name)
        let asked = CoSignRequest(
            caller: Party.server.kid.text, author: author, token: try token(request),
            body: Array(try request.requiredText("body").utf8))
        return try asked.judge(for: project, now: Exchange.now)
    }

    @Test func serversRequest_IsJudgedGood() throws {
        let judgement = try Self.ask("server_request", .server)
        #expect(judgement.kind == .message)
        #expect(judgement.issuer == Party.server.kid.text)
        #expect(judgement.tokenID.text == "0022027-01-15T09:00:00Z699XYM")
        #expect(judgement.messageID.text == "0022027-01-15T09:00:00Z0y8UmG")
        #expect(!judgement.lacksProjectSignature)
        #expect(judgement.end == 1_800_003_600)
        #expect(judgement.rememberUntil == 1_800_003_600 + 3600)
    }

    @Test func devicesRequest_IsJudgedGood() throws {
        let judgement = try Self.ask("device_to_server_request", .device(Party.device.registered()))
        #expect(judgement.issuer == "sensor-0001")
        #expect(judgement.claims["temperature"] == 21)
    }

    @Test(arguments: ["revoke_server_request", "revoke_edge_device_request"])
    func tokenOfARevocation_IsGoodForItsCallerOnly(_ name: String) throws {
        let request = try Self.member(name)
        let text = try Self.token(request)
        let token = try CallerToken(text, caller: Party.revokedServer.registered(), now: Exchange.now)
        #expect(token.end - token.notBefore == 3600)
        #expect(throws: CoSignRefusal.unauthenticated) {
            try CallerToken(text, caller: Party.stranger.registered(), now: Exchange.now)
        }
    }

    /// Every message: its headers and claims are what the SDK says it wrote, in its order.
    @Test(arguments: [
        ("cosigner_response", "cosigner_response_decoded"), ("device_message", "device_message_decoded"),
        ("device_to_server_message", "device_to_server_decoded"), ("rekey_message", "rekey_message_decoded"),
        ("encrypted_device_message", "encrypted_device_message_decoded"),
    ])
    func message_IsReadAsWritten(_ name: String, _ decoded: String) throws {
        let message = try SignedMessage(parsing: try Self.message(name))
        let expected = try Self.member(decoded)
        let payload = try #require(Base64URL.decode(message.payload))
        #expect(String(decoding: payload, as: UTF8.self) == (try expected.requiredText("payload_text")))
        let headers = try message.entries.map { entry in
            String(decoding: try #require(Base64URL.decode(entry.protected)), as: UTF8.self)
        }
        #expect(headers == expected["headers"]?.array?.map(\.string))
        for entry in message.entries {
            let signer = try #require(Party.allCases.first { $0.kid == entry.header.kid })
            #expect(message.isSigned(entry, by: signer.key.key), "\(entry.header.kid)")
        }
        #expect(try SignedMessage(parsing: message.encoded()).encoded() == message.encoded())
    }

    /// The SDK's own device takes it; ours does as a message, and not a second time.
    @Test func devicesMessage_IsAcceptedOnce() throws {
        var exchange = Exchange(.message)
        let bytes = try Self.message("device_message")
        let accepted = try exchange.judge(bytes)
        #expect(accepted.claims.members["checksum"] == 3_735_928_559)
        let expected = try Self.member("device_claims")
        #expect(accepted.claims.members == expected)
        #expect(accepted.action == nil)
        exchange.state = accepted.state
        #expect(try refusal { try exchange.judge(bytes) } == .replayed)
    }

    @Test func devicesMessage_StartsNoUpdate() throws {
        let bytes = try Self.message("device_message")
        #expect(try refusal { try Exchange(.release).judge(bytes) } == .wrongKind)
    }

    /// With the co-signer's signature alone, as the hub answers it.
    @Test func answerOfTheHub_IsNotEnoughForADevice() throws {
        let bytes = try Self.message("cosigner_response")
        #expect(try refusal { try Exchange(.message).judge(bytes) } == .missingSignature)
    }
}
