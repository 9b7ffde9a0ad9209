import Encoding
import Testing

@testable import CoSigning

/// What a protected header may say.
@Suite struct ProtectedHeaderTests {
    private static let good = Draft.header("key")

    private static func refusal(_ header: JSONValue) throws -> CoSignError.Name? {
        try CoSigningTests.refusal { try ProtectedHeader(header) }
    }

    @Test(
        arguments: [
            ("alg", nil, .badAlgorithm), ("alg", "none", .badAlgorithm), ("alg", "None", .badAlgorithm),
            ("alg", "", .badAlgorithm), ("alg", "HS256", .badAlgorithm), ("alg", "ES384", .badAlgorithm),
            ("alg", "RS256", .badAlgorithm), ("alg", "es256", .badAlgorithm), ("alg", "ES256 ", .badAlgorithm),
            ("alg", "ES256\u{0}", .badAlgorithm), ("alg", ["ES256"], .badAlgorithm), ("alg", .null, .badAlgorithm),
            ("typ", nil, .badHeader), ("typ", "JOSE+JSON", nil), ("typ", "JOSE", nil), ("typ", "JWT", nil),
            ("typ", "jwt", .badHeader), ("typ", "", .badHeader), ("typ", "application/jose+json", .badHeader),
            ("typ", 1, .badHeader), ("typ", .null, .badHeader),
            ("kid", nil, .badHeader), ("kid", "", .badHeader), ("kid", .text(1), nil), ("kid", .text(128), nil),
            ("kid", .text(129), .badHeader), ("kid", 1, .badHeader), ("kid", .null, .badHeader),
            ("kid", ["a"], .badHeader),
            ("crit", ["exp"], .badHeader), ("crit", [], .badHeader), ("crit", .null, .badHeader),
            ("b64", false, .badHeader), ("b64", true, .badHeader), ("jwk", [:], .badHeader), ("jku", "", .badHeader),
            ("x5u", "", .badHeader), ("x5c", [], .badHeader),
            ("sidx", "0", nil), ("sidx", -1, nil), ("kids", 1, nil), ("sidxs", .null, nil), ("x5t", "AA", nil),
            ("cty", "json", nil), ("Crit", [], nil),
        ] as [(String, JSONValue?, CoSignError.Name?)])
    func member_IsAcceptedOrNamesItsError(_ name: String, _ value: JSONValue?, _ error: CoSignError.Name?) throws {
        #expect(try Self.refusal(Self.good.with(name, value)) == error)
    }

    /// A kid is measured in bytes.
    @Test func kidOfWideCharacters_IsMeasuredInBytes() throws {
        let wide = String(repeating: "é", count: 64)
        #expect(try Self.refusal(Draft.header(wide)) == nil)
        #expect(try Self.refusal(Draft.header(wide + "a")) == .badHeader)
    }

    @Test func headerWithSeveralFaults_NamesTheAlgorithmFirst() throws {
        let header = Self.good.with("crit", []).with("kid", nil).with("typ", nil)
        #expect(try Self.refusal(header.with("alg", "none")) == .badAlgorithm)
        #expect(try Self.refusal(header) == .badHeader)
    }

    @Test func namesThatLookAlike_AreDifferent() throws {
        let composed = try #require(KeyID("caf\u{E9}"))
        let decomposed = try #require(KeyID("cafe\u{301}"))
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed]).count == 2)
        #expect("\(composed)" == composed.text)
        #expect(KeyID(coSignerOf: "p")?.text == "project/p")
        #expect(KeyID(coSignerOf: String(repeating: "x", count: 120)) != nil)
        #expect(KeyID(coSignerOf: String(repeating: "x", count: 121)) == nil)
    }

    /// Two entries whose names only look alike are two entries, and one of them is unknown.
    @Test func lookalikeOfAKnownName_IsAStranger() throws {
        var draft = Draft(Exchange.message)
        try draft.sign(Party.project.named("cafe\u{301}"))
        try draft.sign(Party.stranger.named("caf\u{E9}"))
        let message = try SignedMessage(parsing: draft.bytes)
        #expect(message.entries.count == 2)
        let kid = try #require(KeyID("cafe\u{301}"))
        let entry = try #require(message.entry(kid))
        #expect(message.isSigned(entry, by: Party.project.key.key))
    }
}
