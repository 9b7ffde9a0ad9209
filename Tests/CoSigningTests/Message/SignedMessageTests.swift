import BaseTestSupport
import Encoding
import Testing

@testable import CoSigning

/// Steps 1 and 2: what is a message at all.
@Suite struct SignedMessageTests {
    private static func draft() throws -> Draft { try Exchange().draft() }

    private static func refusal(_ json: JSONValue) throws -> CoSignError.Name? { try refusal(json.encoded()) }

    private static func refusal(_ bytes: [UInt8]) throws -> CoSignError.Name? {
        try CoSigningTests.refusal { try SignedMessage(parsing: bytes) }
    }

    @Test(
        arguments: [
            ("payload", nil, .badFormat), ("payload", "", .badFormat), ("payload", 1, .badFormat),
            ("payload", ["a"], .badFormat), ("signatures", nil, .missingSignature),
            ("signatures", .null, .missingSignature), ("signatures", [], .missingSignature),
            ("signatures", [:], .badFormat), ("signatures", "a.b.c", .badFormat), ("signatures", [1], .badFormat),
            ("signatures", [.null], .badFormat), ("signatures", [[]], .badFormat), ("signatures", [[:]], .badFormat),
            ("signature", "AA", .badFormat), ("protected", "AA", .badFormat), ("header", [:], .badFormat),
            ("header", .null, .badFormat), ("unknown", [["a": 1]], nil), ("Header", [:], nil),
        ] as [(String, JSONValue?, CoSignError.Name?)])
    func outerMember_IsAcceptedOrNamesItsError(
        _ name: String, _ value: JSONValue?, _ error: CoSignError.Name?
    ) throws {
        #expect(try Self.refusal(try Self.draft().json.with(name, value)) == error)
    }

    @Test(arguments: ["", " ", "[]", "\"\"", "1", "null", "{", "{}}", "{} {}", "a.b.c", "\u{FEFF}{}"])
    func noObject_IsBadFormat(_ text: String) throws {
        #expect(try Self.refusal(Array(text.utf8)) == .badFormat)
    }

    @Test func emptyObject_LacksItsPayload() throws {
        #expect(try Self.refusal([:] as JSONValue) == .badFormat)
    }

    @Test(
        arguments: [
            ("protected", nil), ("protected", 1), ("protected", "e30="), ("protected", "e3 0"), ("protected", "e31"),
            ("protected", ""), ("protected", "W10"), ("protected", "e30e30"), ("signature", nil), ("signature", .null),
            ("signature", "AA"), ("signature", ""), ("signature", "===="), ("header", [:]), ("header", .null),
        ] as [(String, JSONValue?)])
    func brokenEntry_IsBadFormat(_ name: String, _ value: JSONValue?) throws {
        let draft = try Self.draft()
        let entry = draft.entries[0].with(name, value)
        #expect(try Self.refusal(draft.json.with("signatures", [entry, draft.entries[1]])) == .badFormat)
        // The same behind a good one: no entry is left out.
        #expect(try Self.refusal(draft.json.with("signatures", [draft.entries[1], entry])) == .badFormat)
    }

    @Test func unknownMemberOfAnEntry_IsIgnored() throws {
        let draft = try Self.draft()
        let entries = draft.entries.map { $0.with("more", [1]) }
        #expect(try Self.refusal(draft.json.with("signatures", .array(entries))) == nil)
    }

    @Test(arguments: [63, 65, 0, 1, 128]) func signatureOfAnotherLength_IsBadFormat(_ length: Int) throws {
        var draft = try Self.draft()
        draft.signatures[0].signature = Base64URL.encode([UInt8](repeating: 1, count: length))
        #expect(try Self.refusal(draft.bytes) == .badFormat)
    }

    /// The header is judged before the length, the length before the name.
    @Test func entryWithSeveralFaults_NamesTheFirst() throws {
        var draft = try Self.draft()
        draft.signatures[1].signature = "AA"
        try draft.sign(.project)
        #expect(try Self.refusal(draft.bytes) == .badFormat)
        draft = try Self.draft()
        try draft.sign(Party.project.signer, Draft.header(Party.project.kid.text).with("alg", "none"))
        draft.signatures[2].signature = "AA"
        #expect(try Self.refusal(draft.bytes) == .badAlgorithm)
        draft.signatures[2].signature = "A"
        #expect(try Self.refusal(draft.bytes) == .badFormat)
    }

    @Test func sameNameTwice_IsADuplicate() throws {
        var draft = try Self.draft()
        draft.signatures.append(draft.signatures[0])
        #expect(try Self.refusal(draft.bytes) == .duplicateKID)
        // Also for a name that nobody knows.
        draft = try Self.draft()
        try draft.sign(.stranger, .stranger)
        #expect(try Self.refusal(draft.bytes) == .duplicateKID)
    }

    @Test(arguments: [(16, nil), (17, .badFormat), (1000, .badFormat)] as [(Int, CoSignError.Name?)])
    func signatures_AreSixteenAtMost(_ count: Int, _ error: CoSignError.Name?) throws {
        var draft = Draft(payload: "e30")
        for place in 0..<min(count, 17) { try draft.sign(Party.stranger.named("stranger-\(place)")) }
        let entries = (0..<count).map { $0 < 17 ? draft.entries[$0] : 0 }
        #expect(try Self.refusal(["payload": "e30", "signatures": .array(entries)]) == error)
    }

    @Test func longestMessage_IsReadAndOneByteMoreIsTooLarge() throws {
        var bytes = try Self.draft().bytes
        bytes += [UInt8](repeating: 0x20, count: 65_536 - bytes.count)
        #expect(try Self.refusal(bytes) == nil)
        #expect(try Self.refusal(bytes + [0x20]) == .tooLarge)
        // The length counts before anything is read.
        #expect(try Self.refusal([UInt8](repeating: 0xFF, count: 65_537)) == .tooLarge)
        #expect(try Self.refusal([UInt8](repeating: 0xFF, count: 65_536)) == .badFormat)
    }

    @Test func writtenMessage_KeepsPayloadAndHeadersByteForByte() throws {
        let draft = try Self.draft()
        let message = try SignedMessage(parsing: draft.bytes)
        #expect(message.encoded() == draft.bytes)
        #expect(message.entries.map(\.protected) == draft.signatures.map(\.protected))
        let spaced = Draft(payload: Base64URL.encode(Array(" { \"jti\" : 1.50 , \"x\":\"\\u0041\" } ".utf8)))
        var signed = spaced
        try signed.sign(.project)
        #expect(try SignedMessage(parsing: signed.bytes).payload == spaced.payload)
    }

    @Test func keptSignatures_AreThoseThatWereChosen() throws {
        let message = try SignedMessage(parsing: try Self.draft().bytes)
        let kept = message.keeping { $0.header.kid == Party.coSigner.kid }
        #expect(kept.entries.map(\.header.kid) == [Party.coSigner.kid])
        #expect(kept.payload == message.payload)
        #expect(kept.entry(Party.project.kid) == nil)
        let entry = try #require(kept.entry(Party.coSigner.kid))
        #expect(kept.isSigned(entry, by: Party.coSigner.key.key))
        #expect(!kept.isSigned(entry, by: Party.project.key.key))
    }
}
