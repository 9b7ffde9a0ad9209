internal import CoSigning
internal import Encoding

/// What a device knows of its releases, in one file: keys, what was accepted, the floor of time
/// (docs/protocols/cosign.md 1, "State a device stores").
struct ReleaseRecord: Sendable {
    /// What reports say of a release that was accepted.
    struct Detail: Sendable, Equatable {
        let sequence: Int64
        let version: String
        let deployment: String?
    }

    /// `nil` before the first contact.
    var trust: TrustedKeys?
    var origin = ReleaseTrustOrigin.hub
    /// Whether the device was provisioned anew with its secret: the hub may then give other co-signer keys, once.
    var mayReplaceCoSigner = false
    var state = AcceptanceState()
    /// By stream.
    var details: [String: Detail] = [:]
    var silence = Silence()

    /// Longest file, in bytes.
    static let limits = JSONLimits(bytes: 1 << 20, depth: 16, values: 65_536)

    init() {}

    /// - Returns: `nil` for anything but a whole record: what was accepted must not be forgotten unnoticed.
    init?(parsing bytes: [UInt8]) {
        guard let document = try? JSONValue(parsing: bytes, limits: Self.limits),
            let state = document["state"].flatMap({ AcceptanceState($0) }),
            let origin = document["trust_origin"]?.string.flatMap(ReleaseTrustOrigin.init(rawValue:))
        else { return nil }
        if let trust = document["trust"] {
            guard let trust = try? TrustedKeys(trust) else { return nil }
            self.trust = trust
        }
        self.state = state
        self.origin = origin
        mayReplaceCoSigner = document["may_replace_cosigner"]?.bool ?? false
        for member in document["details"]?.members ?? [] { details[member.name] = Detail(member.value) }
        if let value = document["silence"] { silence = Silence(value) }
    }

    func encoded() -> [UInt8] {
        var members: [JSONValue.Member] = []
        if let trust { members.append(.init("trust", trust.json)) }
        members.append(.init("trust_origin", .string(origin.rawValue)))
        if mayReplaceCoSigner { members.append(.init("may_replace_cosigner", .bool(true))) }
        members.append(.init("state", state.json))
        let details = details.sorted { $0.key < $1.key }.map { JSONValue.Member($0.key, $0.value.json) }
        members += [.init("details", .object(details)), .init("silence", silence.json)]
        return JSONValue.object(members).encoded()
    }

    /// Takes over what a message was accepted for.
    mutating func take(_ acceptance: CoSigning.Verification.Acceptance) {
        state = acceptance.state
        guard let release = acceptance.claims.release else { return }
        details[release.stream] = Detail(
            sequence: release.sequence, version: release.version, deployment: acceptance.deployment)
    }
}

extension ReleaseRecord.Detail {
    init?(_ value: JSONValue) {
        guard let sequence = value["seq"]?.integer, let version = value["version"]?.string else { return nil }
        self.init(sequence: sequence, version: version, deployment: value["dep"]?.string)
    }

    var json: JSONValue {
        var members: [JSONValue.Member] = [
            .init("seq", .number("\(sequence)")), .init("version", .string(version)),
        ]
        if let deployment { members.append(.init("dep", .string(deployment))) }
        return .object(members)
    }
}
