import CoSigning
import Encoding
import Testing

/// The attacks of docs/protocols/cosign.md 8, as whoever holds some of the keys would try them; docs/co-signing.md
/// lists them.
@Suite struct AttackTests {
    /// A release that a thief wants installed, signed with what was stolen.
    private static func forged(_ thieves: [(SigningKey, JSONValue)], _ claims: JSONValue = wanted) throws -> [UInt8] {
        var draft = Draft(claims)
        for (key, header) in thieves { try draft.sign(key, header) }
        return draft.bytes
    }

    private static let wanted = Exchange.release.with("seq", 43).with("artifact.sha256", .string(Exchange.otherDigest))
    private static let projectHeader = Draft.header(Party.project.kid.text)
    private static let coSignature = Draft.header(Party.coSigner.kid.text, Exchange.authorization)

    private static func refusal(_ bytes: [UInt8], _ exchange: Exchange = Exchange()) throws -> CoSignError.Name? {
        try CoSigningTests.refusal { try exchange.judge(bytes) }
    }

    @Test func thiefOfTheProjectKey_LacksTheHub() throws {
        let key = Party.project.signer
        #expect(try Self.refusal(try Self.forged([(key, Self.projectHeader)])) == .missingSignature)
        let both = try Self.forged([
            (key, Self.projectHeader), (Party.project.named(Party.coSigner.kid.text), Self.coSignature),
        ])
        #expect(try Self.refusal(both) == .badSignature)
        // The authorisation in the project's own header authorises nothing.
        let own = Draft.header(Party.project.kid.text, Exchange.authorization)
        #expect(try Self.refusal(try Self.forged([(key, own)])) == .missingSignature)
        // Nor does a co-signature that was made for another release.
        var draft = try Exchange().draft()
        draft.payload = Draft(Self.wanted).payload
        draft.signatures.removeFirst()
        try draft.sign(key, Self.projectHeader)
        #expect(try Self.refusal(draft.bytes) == .badSignature)
    }

    @Test func thiefOfTheCoSignerKey_LacksThePublisher() throws {
        let key = Party.coSigner.signer
        #expect(try Self.refusal(try Self.forged([(key, Self.coSignature)])) == .missingSignature)
        let both = try Self.forged([
            (Party.coSigner.named(Party.project.kid.text), Self.projectHeader), (key, Self.coSignature),
        ])
        #expect(try Self.refusal(both) == .badSignature)
        // What was released before can be authorised again, but not below what the device has.
        var exchange = Exchange()
        exchange.state = try exchange.judge().state
        exchange = exchange.with(claim: "seq", 43)
        exchange.state = try exchange.judge().state
        #expect(try exchange.with(claim: "seq", 42).error() == .rollback)
    }

    /// The upload machine is nobody to a device.
    @Test func thiefOfTheServerKey_IsUnknownToDevices() throws {
        let server = (Party.server.signer, Draft.header(Party.server.kid.text))
        let bytes = try Self.forged([server, (Party.coSigner.signer, Self.coSignature)])
        #expect(try Self.refusal(bytes) == .missingSignature)
        let named = (Party.server.named(Party.project.kid.text), Self.projectHeader)
        #expect(try Self.refusal(try Self.forged([named, (Party.coSigner.signer, Self.coSignature)])) == .badSignature)
    }

    /// One recovery key of three, or all of them, sign no release; one of them signs no key set.
    @Test func thiefOfRecoveryKeys_InstallsNothing() throws {
        let keys = [Party.recoveryA, .recoveryB, .recoveryC].map { ($0.signer, Draft.header($0.kid.text)) }
        #expect(try Self.refusal(try Self.forged(keys)) == .missingSignature)
        #expect(try KeySetExchange.unchanged(signers: [.recoveryA]).error() == .missingSignature)
    }

    @Test func endlessMessage_IsNotRead() throws {
        let bytes = try Exchange().draft().bytes + [UInt8](repeating: 0x20, count: 1 << 20)
        #expect(try Self.refusal(bytes) == .tooLarge)
    }

    /// The size that is downloaded at most is signed.
    @Test(arguments: [0, 9_007_199_254_740_992, -1] as [JSONValue]) func endlessFile_IsNoRelease(_ size: JSONValue)
        throws
    {
        #expect(try Exchange().with(claim: "artifact.size", size).error() == .badClaims)
        #expect(try Exchange().with(claim: "artifact.size", nil).error() == .badClaims)
    }

    /// One file per message: nothing is pulled in beside it.
    @Test func severalFiles_AreNoRelease() throws {
        let artifact = try Exchange.release.required("artifact")
        #expect(try Exchange().with(claim: "artifact", [artifact, artifact]).error() == .badClaims)
    }

    /// What the mirror serves must have the hash that both have signed; the address is a hint.
    @Test func mirrorsFile_IsBoundByItsHash() throws {
        var draft = try Exchange().draft()
        draft.payload = Draft(Exchange.release.with("artifact.sha256", .string(Exchange.otherDigest))).payload
        #expect(try Self.refusal(draft.bytes) == .badSignature)
        let elsewhere = try Exchange().with(claim: "download_url", "http://elsewhere.example/file").judge()
        #expect(elsewhere.claims.release == (try Exchange().judge().claims.release))
    }

    /// An old authorisation, kept by whoever sits between.
    @Test func keptAuthorization_EndsByTimeAndByChallenge() throws {
        let kept = try Exchange().draft().bytes
        var exchange = Exchange()
        exchange.clock = Exchange.now + 904
        #expect(try Self.refusal(kept, exchange) == .expired)
        exchange.clock = Exchange.now
        exchange.challenge = "fresh"
        #expect(try Self.refusal(kept, exchange) == .nonceMismatch)
    }

    /// A hub that withholds: the publisher's `exp` bounds how old a release gets, whatever the hub signs.
    @Test func hostileHub_CannotOutliveThePublisher() throws {
        var exchange = Exchange().with(claim: "exp", .integer(Exchange.now - 4))
        #expect(try exchange.error() == .expired)
        // Nor by an authorisation for longer than a month.
        exchange = Exchange().with(authorization: "exp", .integer(Exchange.now + 2_678_401))
        #expect(try exchange.error() == .badClaims)
    }

    @Test(
        arguments: [
            ("project", "6a1c7f60-7a1b-4f0e-9c53-0f0f3a5d7a10", .wrongProject),
            ("device_types", ["esp32"], .wrongDeviceType),
            ("aud", "group:other", .wrongAudience), ("kind", "message", .wrongKind), ("kind", nil, .wrongKind),
        ] as [(String, JSONValue?, CoSignError.Name)])
    func softwareForOthers_IsRefused(_ claim: String, _ value: JSONValue?, _ error: CoSignError.Name) throws {
        #expect(try Exchange().with(claim: claim, value).error() == error)
    }

    /// A stream's number says nothing of another's.
    @Test func releaseOfAnotherStream_ReplacesNothing() throws {
        var exchange = Exchange()
        exchange.state = try exchange.judge().state
        let other = try exchange.with(claim: "stream", "app").with(claim: "seq", 9_007_199_254_740_991).judge()
        #expect(other.state.streams["os"] == exchange.state.streams["os"])
    }

    @Test func authorizationOfAnotherDevice_IsRefused() throws {
        let bytes = try Exchange().draft().bytes
        var other = Exchange()
        other.device = DeviceDescription(id: "sensor-0002", type: "rpi4", groups: ["lab"])
        #expect(try Self.refusal(bytes, other) == .wrongAudience)
    }

    /// Without an end or an id a message could be repeated for ever.
    @Test(arguments: ["jti", "exp"]) func messageThatCouldBeRepeated_IsRefused(_ claim: String) throws {
        #expect(try Exchange(.message).with(claim: claim, nil).error() == .badClaims)
        #expect(try Exchange().with(claim: claim, nil).error() == .badClaims)
    }

    /// What the oneID SDK reads in one way and another reader in another.
    @Test func laxForms_AreRefused() throws {
        let exchange = Exchange()
        func header(_ change: (JSONValue) -> JSONValue) throws -> CoSignError.Name? {
            var copy = exchange
            copy.coSignature = change(copy.coSignature)
            return try copy.error()
        }
        #expect(try header { $0.with("crit", ["exp"]) } == .badHeader)
        #expect(try header { $0.with("b64", false) } == .badHeader)
        #expect(try header { .object(($0.members ?? []) + [.init("alg", "ES256")]) } == .badFormat)
        var draft = try exchange.draft()
        draft.payload += "="
        #expect(throws: CoSignError.self) { try exchange.judge(draft.bytes) }
        draft = try exchange.draft()
        draft.signatures[0].signature += "AA"
        #expect(try Self.refusal(draft.bytes) == .badFormat)
        draft = try exchange.draft()
        let unprotected = draft.entries.map { $0.with("header", ["kid": .string(Party.project.kid.text)]) }
        #expect(try Self.refusal(draft.json.with("signatures", .array(unprotected)).encoded()) == .badFormat)
        let doubled = Exchange.release.members ?? []
        draft = Draft(.object(doubled + [.init("seq", 44)]))
        try draft.sign(Party.project.signer, Self.projectHeader)
        try draft.sign(Party.coSigner.signer, Self.coSignature)
        #expect(try Self.refusal(draft.bytes) == .badClaims)
    }

    /// A trust store in which one key is both factors is none.
    @Test func oneKeyInBothRoles_IsNoTrust() throws {
        let key = Party.project.jwk.with("kid", .string(Party.coSigner.kid.text))
        let store = Exchange.trust.json.with("cosigner_keys", [key])
        #expect(try CoSigningTests.refusal { try TrustedKeys(store) } == .badTrust)
    }
}
