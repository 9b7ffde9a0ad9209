import Encoding
import Testing

@testable import CoSigning

/// Types and ranges of the claims of every message (docs/protocols/cosign.md 2).
@Suite struct ClaimsTests {
    private static func refusal(_ claims: JSONValue) throws -> CoSignError.Name? {
        try CoSigningTests.refusal { try Claims(claims) }
    }

    @Test(
        arguments: [
            ("jti", nil), ("jti", ""), ("jti", 1), ("jti", .null), ("jti", "0022027-01-15T09:00:00Zabcde"),
            ("exp", nil), ("exp", .null), ("exp", "1800003600"), ("exp", true), ("exp", -1), ("exp", 253_402_300_800),
            ("exp", .number("1.8e9")), ("exp", .number("18E8")), ("exp", [1_800_003_600]),
            ("nbf", .null), ("nbf", "1800000000"), ("nbf", -1), ("nbf", 253_402_300_800), ("nbf", .number("1e9")),
            ("iat", .null), ("iat", false), ("iat", -1), ("iat", 253_402_300_800), ("iat", .number("-0")),
            ("iss", .null), ("iss", 1), ("iss", ["a"]), ("project", .null), ("project", 1), ("project", [:]),
            ("aud", .null), ("aud", 1), ("aud", []), ("aud", ["all", 1]), ("aud", [:]), ("aud", true),
            ("checksum", -1), ("checksum", .number("18446744073709551616")), ("checksum", .number("1.0")),
            ("checksum", .number("1e2")), ("checksum", .text(129)), ("checksum", .null), ("checksum", true),
            ("checksum", ["a"]), ("download_url", 1), ("download_url", .null), ("download_url", ["http://example.com"]),
            ("kind", "unknown"), ("kind", ""), ("kind", 1), ("kind", .null), ("kind", "Message"), ("kind", "keyset"),
        ] as [(String, JSONValue?)])
    func wrongClaim_IsBadClaims(_ name: String, _ value: JSONValue?) throws {
        #expect(try Self.refusal(Exchange.message.with(name, value)) == .badClaims)
        #expect(try Self.refusal(Exchange.release.with(name, value)) == .badClaims)
    }

    @Test(
        arguments: [
            ("exp", 0), ("exp", 253_402_300_799), ("exp", .number("253402300799.9")), ("exp", .number("1.5")),
            ("nbf", nil), ("nbf", 0), ("nbf", 253_402_300_799), ("nbf", .number("1893456000.0")), ("iat", 0),
            ("iat", 253_402_300_799), ("iss", nil), ("iss", ""), ("project", "another"), ("aud", "all"),
            ("aud", ["device:a"]), ("aud", ["a", "b"]), ("checksum", nil), ("checksum", 0),
            ("checksum", .number("18446744073709551615")), ("checksum", .text(128)), ("checksum", ""),
            ("download_url", nil), ("download_url", ""), ("kind", "message"), ("temperature", 21),
            ("nested", [["a": []]]),
        ] as [(String, JSONValue?)])
    func claimWithinItsRange_IsKept(_ name: String, _ value: JSONValue?) throws {
        let claims = try Claims(Exchange.message.with(name, value))
        #expect(claims.members[name] == value)
        #expect(claims.release == nil)
        #expect(claims.kind == .message)
    }

    @Test func claims_AreThoseOfTheMessage() throws {
        let claims = try Claims(
            Exchange.message.with("iat", 1_800_000_001).with("project", "p").with("aud", ["all", "group:a"]))
        #expect(claims.id.text == "0022027-01-15T09:00:00Zabcdef")
        #expect((claims.notBefore, claims.issuedAt, claims.end) == (1_800_000_000, 1_800_000_001, 1_800_003_600))
        #expect(claims.issuer == Party.server.kid.text)
        #expect(claims.project == "p")
        #expect(claims.audience != nil)
    }

    /// Whole numbers come out as they came in, where a reader with doubles would round or wrap.
    @Test(arguments: ["3735928559", "18446744073709551615", "9007199254740993", "4294967338", "0"])
    func checksum_IsExact(_ digits: String) throws {
        let exchange = Exchange(.message).with(claim: "checksum", .number(digits))
        #expect(try exchange.judge().claims.members["checksum"] == .number(digits))
    }

    @Test(arguments: ["A", "e30=", "e 30", "e31", "+/8", "é"]) func payloadThatIsNoBase64URL_IsBadFormat(_ text: String)
    {
        #expect(throws: CoSignError(.badFormat, "")) { try Claims.decode(text) }
    }

    @Test(arguments: ["[]", "1", "null", "", "{\"a\":1,\"a\":1}", "{\"a\":\"\\ud800\"}", "{\"a\":NaN}", "{}x"])
    func payloadThatIsNoStrictObject_IsBadClaims(_ text: String) {
        #expect(throws: CoSignError(.badClaims, "")) { try Claims.decode(Base64URL.encode(Array(text.utf8))) }
    }

    @Test(
        arguments: [
            (nil, .message), ("message", .message), ("release", .release), ("keyset", .keyset), ("", nil),
            ("RELEASE", nil), (1, nil), (.null, nil), (["release"], nil),
        ] as [(JSONValue?, MessageKind?)])
    func kind_IsReadFromTheClaims(_ value: JSONValue?, _ kind: MessageKind?) {
        let claims: JSONValue = [:]
        #expect(MessageKind(of: claims.with("kind", value)) == kind)
    }
}
