import CoSigning
import Encoding

/// A good message and the device that judges it; a test changes what it is about.
struct Exchange {
    static let now: Int64 = 1_800_000_000
    static let projectID = "5f1c7f60-7a1b-4f0e-9c53-0f0f3a5d7a10"
    static let digest = String(repeating: "0a", count: 32)
    static let otherDigest = String(repeating: "0b", count: 32)

    static let release: JSONValue = [
        "iss": "9d0b4a64-58b8-4b64-8b8e-6e3f8b0b9a01", "jti": "0022028-01-15T08:00:00Zabcdef", "nbf": 1_799_996_400,
        "exp": 1_831_536_000, "kind": "release", "project": "5f1c7f60-7a1b-4f0e-9c53-0f0f3a5d7a10", "stream": "os",
        "seq": 42, "version": "2.4.1", "device_types": ["rpi4", "rpi5"],
        "artifact": ["name": "release-2.4.1", "sha256": .string(digest), "size": 12_345_678],
    ]
    static let message: JSONValue = [
        "jti": "0022027-01-15T09:00:00Zabcdef", "nbf": 1_800_000_000, "exp": 1_800_003_600,
        "iss": "9d0b4a64-58b8-4b64-8b8e-6e3f8b0b9a01", "checksum": 3_735_928_559,
        "download_url": "http://example.com/firmware",
    ]
    static let authorization: [JSONValue.Member] = [
        .init("iat", 1_800_000_000), .init("exp", 1_800_000_900), .init("aud", "device:sensor-0001"),
    ]

    var kind: MessageKind
    var claims: JSONValue
    var projectHeader = Draft.header(Party.project.kid.text)
    /// Header of the co-signature, with the authorisation.
    var coSignature: JSONValue
    var device = DeviceDescription(id: "sensor-0001", type: "rpi4", groups: ["lab"])
    var clock: Int64? = now
    var challenge: String?
    var isOffline = false
    var trust = Exchange.trust
    var state = AcceptanceState()

    init(_ kind: MessageKind = .release) {
        self.kind = kind
        claims = kind == .release ? Self.release : Self.message
        coSignature = Draft.header(Party.coSigner.kid.text, kind == .release ? Self.authorization : [])
    }

    /// The trust store of the vectors.
    static let trust: TrustedKeys = {
        do {
            return try TrustedKeys(
                project: projectID, version: 1, projectKeys: [Party.project.key], coSignerKeys: [Party.coSigner.key],
                recoveryKeys: [Party.recoveryA.key, Party.recoveryB.key, Party.recoveryC.key])
        } catch {
            preconditionFailure("\(error)")
        }
    }()

    func draft() throws -> Draft {
        var draft = Draft(claims)
        try draft.sign(Party.project.signer, projectHeader)
        try draft.sign(Party.coSigner.signer, coSignature)
        return draft
    }

    func judge(_ bytes: [UInt8]) throws -> Verification.Acceptance {
        let verification = Verification(
            trust: trust, .init(device: device, clock: clock, challenge: challenge, isOffline: isOffline))
        return try verification.accept(try SignedMessage(parsing: bytes), kind: kind, state: state)
    }

    func judge() throws -> Verification.Acceptance { try judge(try draft().bytes) }

    /// Why the message is rejected; `nil` when it is accepted.
    func error() throws -> CoSignError.Name? { try refusal { try judge() } }

    /// The same exchange with another claim, `nil` for without.
    func with(claim path: String, _ value: JSONValue?) -> Exchange {
        var copy = self
        copy.claims = claims.with(path, value)
        return copy
    }

    /// The same with another member of the co-signature's header.
    func with(authorization name: String, _ value: JSONValue?) -> Exchange {
        var copy = self
        copy.coSignature = coSignature.with(name, value)
        return copy
    }
}
