import CoSigning
import Encoding
import PKI
import Testing

/// The co-signature: its header, and when it ends (docs/protocols/cosign.md 2 and 6).
@Suite struct CoSignerTests {
    private static let coSigner = CoSigner(key: Party.coSigner.signer)

    private static func header(
        now: Int64 = Exchange.now, end: Int64 = 1_831_536_000, lifetime: Int64 = 900, grant: CoSigner.Grant? = nil
    ) throws -> JSONValue {
        let message = try SignedMessage(claims: Exchange.release, signedBy: Party.project.signer)
        let signed = try coSigner.sign(message, now: now, end: end, lifetime: lifetime, grant: grant)
        return try #require(signed.entries.last?.header.members)
    }

    private static let plain = ["typ", "alg", "kid", "sidx", "kids", "sidxs", "iat", "exp"]

    @Test func members_StandInTheirOrder() throws {
        #expect(try Self.header().members?.map(\.name) == Self.plain)
        let grant = CoSigner.Grant(audience: "device:sensor-0001", nonce: "n", deployment: "d")
        let header = try Self.header(grant: grant)
        #expect(header.members?.map(\.name) == Self.plain + ["aud", "nonce", "dep"])
        #expect(header["aud"] == "device:sensor-0001")
        #expect(header["nonce"] == "n")
        #expect(header["dep"] == "d")
        let wide = try Self.header(grant: .init(audience: "group:lab"))
        #expect(wide.members?.map(\.name) == Self.plain + ["aud"])
    }

    /// Never beyond the claims, and never before it begins.
    @Test(
        arguments: [
            (1_831_536_000, 900, 1_800_000_900), (1_800_000_900, 900, 1_800_000_900),
            (1_800_000_899, 900, 1_800_000_899),
            (1_800_000_001, 900, 1_800_000_001), (1_831_536_000, 2_678_400, 1_802_678_400),
            (1_831_536_000, 1, 1_800_000_001), (1_800_000_000, 900, 1_800_000_001), (1_799_999_997, 900, 1_800_000_001),
            (1_831_536_000, 2_678_401, 1_802_678_400), (1_831_536_000, .max, 1_802_678_400),
            (1_831_536_000, 0, 1_800_000_001), (1_831_536_000, .min, 1_800_000_001),
        ] as [(Int64, Int64, Int64)])
    func end_IsTheEarlierOfLifeAndClaims(_ end: Int64, _ lifetime: Int64, _ expected: Int64) throws {
        let header = try Self.header(end: end, lifetime: lifetime)
        #expect(header["iat"] == 1_800_000_000)
        #expect(header["exp"] == .integer(expected))
    }

    /// Hub and device agree: what is co-signed for a device is accepted by it, and by no other.
    @Test func coSignedRelease_IsAcceptedByTheDeviceItIsFor() throws {
        let message = try SignedMessage(claims: Exchange.release, signedBy: Party.project.signer)
        let grant = CoSigner.Grant(audience: "device:sensor-0001", nonce: "n", deployment: "d")
        let bytes = try Self.coSigner.sign(
            message, now: Exchange.now, end: 1_831_536_000, lifetime: 900, grant: grant
        ).encoded()
        #expect(bytes.count < 2048)
        var exchange = Exchange()
        exchange.challenge = "n"
        let accepted = try exchange.judge(bytes)
        #expect(accepted.action == .install)
        #expect(accepted.deployment == "d")
        exchange.device = DeviceDescription(id: "sensor-0002", type: "rpi4")
        #expect(try refusal { try exchange.judge(bytes) } == .wrongAudience)
    }

    @Test func payloadAndSignatures_StayByteForByte() throws {
        let body = try Asking.release().draft()
        let message = try SignedMessage(parsing: body.bytes)
        let signed = try Self.coSigner.sign(message, now: Exchange.now, end: 1_831_536_000, lifetime: 900)
        #expect(signed.payload == body.payload)
        #expect(Array(signed.entries.map(\.protected).dropLast()) == body.signatures.map(\.protected))
        #expect(
            signed.entries.map { Base64URL.encode($0.signature) }.dropLast() == body.signatures.map(\.signature)[...])
        #expect(message.entries.count == 2)
    }

    @Test func keyThatCannotSign_IsAnError() throws {
        let key = try PrivateKey(pem: try OpenSSLKey.pem("ED25519"), passphrase: nil)
        let coSigner = CoSigner(key: .init(kid: Party.coSigner.kid, key: key))
        let message = try SignedMessage(claims: Exchange.release, signedBy: Party.project.signer)
        #expect(throws: PKIError.self) {
            try coSigner.sign(message, now: Exchange.now, end: 1_831_536_000, lifetime: 900)
        }
    }
}
