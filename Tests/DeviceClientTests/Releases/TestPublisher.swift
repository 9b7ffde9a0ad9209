import CoSigning
import Encoding
import PKI
import Testing

/// The people behind a project: who signs releases offline, and whose co-signer key the hub has.
struct TestPublisher: Sendable {
    static let project = "5f1c7f60-7a1b-4f0e-9c53-0f0f3a5d7a10"

    var projectKey: SigningKey
    var coSigner: SigningKey
    let recovery: [SigningKey]

    init() throws {
        projectKey = try Self.key(Self.project)
        coSigner = try Self.key("project/" + Self.project)
        recovery = try ["a", "b", "c"].map { try Self.key("recovery-" + $0) }
    }

    static func key(_ kid: String) throws -> SigningKey {
        SigningKey(kid: try #require(KeyID(kid)), key: try PrivateKey.makeP256())
    }

    static func trusted(_ keys: [SigningKey]) -> [VerificationKey] {
        keys.compactMap { VerificationKey(kid: $0.kid, key: $0.key.publicKey) }
    }

    func trust(version: Int64 = 1) throws -> TrustedKeys {
        try TrustedKeys(
            project: Self.project, version: version, projectKeys: Self.trusted([projectKey]),
            coSignerKeys: Self.trusted([coSigner]), recoveryKeys: Self.trusted(recovery), recoveryThreshold: 2)
    }

    /// What the factory image holds: no co-signer key.
    func factory(version: Int64 = 1) throws -> [UInt8] {
        let members = try trust(version: version).json.members ?? []
        return JSONValue.object(members.filter { $0.name != "cosigner_keys" }).encoded()
    }

    /// What a test says of a release.
    struct Release: Sendable {
        var seq: Int64 = 42
        var stream = "os"
        var types = ["rpi4"]
        var artifact: [UInt8] = Array("an image".utf8)
        var start: Int64
        var life: Int64 = 365 * 86_400
    }

    /// The claims of a release, signed by the project key.
    func signed(_ release: Release) throws -> SignedMessage {
        let end = release.start + release.life
        let claims = JSONValue.object([
            .init("iss", .string("publisher")), .init("jti", .string(MessageID.make(end: end).text)),
            .init("nbf", .number("\(release.start)")), .init("exp", .number("\(end)")),
            .init("kind", .string("release")), .init("project", .string(Self.project)),
            .init("stream", .string(release.stream)), .init("seq", .number("\(release.seq)")),
            .init("version", .string("2.4.\(release.seq)")),
            .init("device_types", .array(release.types.map { .string($0) })),
            .init(
                "artifact",
                .object([
                    .init("name", .string("image-\(release.seq)")),
                    .init("sha256", .string(Hex.encode(SHA256.hash(release.artifact)))),
                    .init("size", .number("\(release.artifact.count)")),
                ])),
        ])
        return try SignedMessage(claims: claims, signedBy: projectKey)
    }

    /// The release with both signatures.
    func coSigned(
        _ release: Release, now: Int64, nonce: String?, audience: String = "device:dev-1", lifetime: Int64 = 900
    ) throws -> [UInt8] {
        try CoSigner(key: coSigner).sign(
            try signed(release), now: now, end: release.start + release.life, lifetime: lifetime,
            grant: .init(audience: audience, nonce: nonce, deployment: "deployment-7")
        ).encoded()
    }

    /// A key set of these keys, signed by all that are given.
    static func keySet(_ trust: TrustedKeys, signedBy keys: [SigningKey]) throws -> [UInt8] {
        let members = trust.json.members ?? []
        var message = try SignedMessage(
            claims: .object([.init("kind", .string("keyset"))] + members), signedBy: keys[0])
        for key in keys.dropFirst() { try message.sign(with: key) }
        return message.encoded()
    }
}
