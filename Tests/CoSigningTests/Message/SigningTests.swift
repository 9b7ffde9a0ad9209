import CoSigning
import Encoding
import PKI
import Testing

/// Signatures that are added: headers as oneID tools read them.
@Suite struct SigningTests {
    private static func header(_ entry: SignedMessage.Entry) throws -> String {
        String(decoding: try #require(Base64URL.decode(entry.protected)), as: UTF8.self)
    }

    @Test func firstSignature_HasNoPredecessors() throws {
        let message = try SignedMessage(claims: Exchange.message, signedBy: Party.project.signer)
        let entry = try #require(message.entries.first)
        #expect(message.entries.count == 1)
        #expect(
            try Self.header(entry)
                == #"{"typ":"JOSE+JSON","alg":"ES256","kid":"5f1c7f60-7a1b-4f0e-9c53-0f0f3a5d7a10","sidx":0}"#)
        #expect(message.isSigned(entry, by: Party.project.key.key))
        #expect(Base64URL.decode(message.payload) == Exchange.message.encoded())
    }

    @Test func laterSignatures_NameThoseBefore() throws {
        var message = try SignedMessage(claims: Exchange.message, signedBy: Party.server.named("a"))
        try message.sign(with: Party.project.named("b"))
        try message.sign(with: Party.coSigner.named("c"), [.init("iat", 1), .init("aud", "all")])
        #expect(
            try message.entries.map(Self.header) == [
                #"{"typ":"JOSE+JSON","alg":"ES256","kid":"a","sidx":0}"#,
                #"{"typ":"JOSE+JSON","alg":"ES256","kid":"b","sidx":1,"kids":["a"],"sidxs":[0]}"#,
                #"{"typ":"JOSE+JSON","alg":"ES256","kid":"c","sidx":2,"kids":["a","b"],"sidxs":[0,1],"#
                    + #""iat":1,"aud":"all"}"#,
            ])
        let read = try SignedMessage(parsing: message.encoded())
        #expect(read.entries.map(\.signature) == message.entries.map(\.signature))
        for (entry, party) in zip(read.entries, [Party.server, .project, .coSigner]) {
            #expect(read.isSigned(entry, by: party.key.key))
        }
    }

    /// The oneID client takes the server's signature away before the project signs: places go on, holes and all.
    @Test func signatureAfterOneWasRemoved_TakesTheNextPlace() throws {
        var message = try SignedMessage(claims: Exchange.message, signedBy: Party.server.named("a"))
        try message.sign(with: Party.coSigner.named("b"))
        message = message.keeping { $0.header.kid.text == "b" }
        try message.sign(with: Party.project.named("c"))
        let last = try #require(message.entries.last)
        #expect(
            try Self.header(last)
                == #"{"typ":"JOSE+JSON","alg":"ES256","kid":"c","sidx":2,"kids":["b"],"sidxs":[1]}"#)
    }

    /// Hostile numbers: none makes the hub trap or write anything but an integer.
    @Test(
        arguments: [
            (.number("9223372036854775807"), 9_007_199_254_740_991), (9_007_199_254_740_991, 9_007_199_254_740_991),
            (9_007_199_254_740_990, 9_007_199_254_740_991), (.number("-9223372036854775808"), 0), (-1, 0), ("7", 1),
            (.number("1.5"), 1), (.number("99999999999999999999"), 1), (.null, 1), (7, 8),
        ] as [(JSONValue, Int64)])
    func placeOfAStranger_IsFollowedByAWholeNumber(_ place: JSONValue, _ next: Int64) throws {
        var draft = Draft(Exchange.message)
        try draft.sign(Party.server.signer, Draft.header(Party.server.kid.text).with("sidx", place))
        var message = try SignedMessage(parsing: draft.bytes)
        try message.sign(with: Party.coSigner.signer)
        let read = try SignedMessage(parsing: message.encoded())
        #expect(read.entries.last?.header.members["sidx"] == .integer(next))
        #expect(read.entries.last?.header.members["sidxs"]?.array?.count == 1)
    }

    @Test func keyOfAnotherKind_CannotSign() throws {
        let pem = try OpenSSLKey.pem("ED25519")
        let key = SigningKey(kid: Party.project.kid, key: try PrivateKey(pem: pem, passphrase: nil))
        #expect(throws: PKIError.self) { try SignedMessage(claims: [:], signedBy: key) }
        var message = try SignedMessage(claims: [:], signedBy: Party.project.signer)
        #expect(throws: PKIError.self) { try message.sign(with: key) }
        #expect(message.entries.count == 1)
    }
}
