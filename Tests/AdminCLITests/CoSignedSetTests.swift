internal import CoSigning
internal import Encoding
internal import PKI
import Testing

@testable import AdminCLI

/// What the hub may make of a key set that it signs.
@Suite struct CoSignedSetTests {
    private let keys: [SigningKey]
    private let given: SignedMessage

    init() throws {
        keys = try ["a", "b", "c", "d", "e"].map {
            SigningKey(kid: try #require(KeyID($0)), key: try PrivateKey.makeP256())
        }
        given = try Self.message([keys[0], keys[1]], kind: "keyset")
    }

    private static func message(_ signers: [SigningKey], kind: String) throws -> SignedMessage {
        let claims = JSONValue.object([.init("kind", .string(kind))])
        var message = try SignedMessage(claims: claims, signedBy: signers[0])
        for key in signers.dropFirst() { try message.sign(with: key) }
        return message
    }

    @Test(arguments: [(0, false), (1, true), (2, true), (3, false)])
    func oneOrTwoMoreSignatures_AreOfTheHub(more: Int, isTaken: Bool) throws {
        var signed = given
        for key in keys[2..<2 + more] { try signed.sign(with: key) }
        #expect(signed.isCoSigned(from: given) == isTaken)
    }

    @Test func fewerSignatures_AreNotOfTheHub() throws {
        #expect(!given.keeping { $0.header.kid == keys[0].kid }.isCoSigned(from: given))
    }

    @Test func anotherPayload_IsRefused() throws {
        #expect(try !Self.message(Array(keys[0...2]), kind: "release").isCoSigned(from: given))
    }

    /// The same names and payload, but signed once more: other signatures than those that were given.
    @Test func signaturesThatWereGiven_StayAsTheyAre() throws {
        #expect(try !Self.message(Array(keys[0...2]), kind: "keyset").isCoSigned(from: given))
        var signed = given
        for key in keys[2...3] { try signed.sign(with: key) }
        let first = keys[0].kid
        #expect(!signed.keeping { $0.header.kid != first }.isCoSigned(from: given))
    }

    @Test func givenSignatures_KeepTheirOrder() throws {
        var signed = try Self.message([keys[1], keys[0]], kind: "keyset")
        try signed.sign(with: keys[2])
        #expect(!signed.isCoSigned(from: given))
    }
}
