package import Encoding
internal import PKI

/// The keys that a device trusts (docs/protocols/cosign.md 1, "Trust store of a device").
package struct TrustedKeys: Sendable, Equatable {
    package let project: String
    /// Of the key set they are from; the first has 1.
    package let version: Int64
    package let projectKeys: [VerificationKey]
    package let coSignerKeys: [VerificationKey]
    package let recoveryKeys: [VerificationKey]
    /// How many recovery keys must sign.
    package let recoveryThreshold: Int64

    /// Keys that a list may have.
    private static let limit = 64

    /// Reads a trust store and checks its rules.
    ///
    /// - Throws: `bad_trust`.
    package init(_ value: JSONValue) throws(CoSignError) {
        guard let project = value["project"]?.string, !project.isEmpty else { throw Self.bad("project is missing") }
        guard let version = value["version"]?.plainInteger, (1...CoSignLimits.largestInteger).contains(version) else {
            throw Self.bad("version must be a positive integer")
        }
        self.project = project
        self.version = version
        projectKeys = try Self.keys("project_keys", in: value)
        coSignerKeys = try Self.keys("cosigner_keys", in: value)
        recoveryKeys = try Self.keys("recovery_keys", in: value)
        let threshold = value["recovery_threshold"].map(\.plainInteger) ?? 2
        guard let threshold, threshold >= 1 else { throw Self.bad("recovery_threshold must be a positive integer") }
        recoveryThreshold = threshold
        try check()
    }

    /// Makes a trust store.
    ///
    /// - Throws: `bad_trust`.
    package init(
        project: String, version: Int64, projectKeys: [VerificationKey], coSignerKeys: [VerificationKey],
        recoveryKeys: [VerificationKey] = [], recoveryThreshold: Int64 = 2
    ) throws(CoSignError) {
        self.project = project
        self.version = version
        self.projectKeys = projectKeys
        self.coSignerKeys = coSignerKeys
        self.recoveryKeys = recoveryKeys
        self.recoveryThreshold = recoveryThreshold
        try check()
    }

    private func check() throws(CoSignError) {
        guard !projectKeys.isEmpty, !coSignerKeys.isEmpty else {
            throw Self.bad("at least one project key and one co-signer key are needed")
        }
        guard Set(all.map(\.kid)).count == all.count else { throw Self.bad("two keys have the same name") }
        // One key under two names could play both factors.
        guard Set(all.map(\.key.spki)).count == all.count else { throw Self.bad("a public key occurs twice") }
        guard recoveryThreshold >= 1, recoveryKeys.isEmpty || recoveryThreshold <= Int64(recoveryKeys.count) else {
            throw Self.bad("recovery_threshold is larger than the number of recovery keys")
        }
    }

    private static func keys(_ name: String, in value: JSONValue) throws(CoSignError) -> [VerificationKey] {
        guard let member = value[name] else { return [] }
        guard let list = member.array, list.count <= limit else { throw bad("\(name) must be an array of keys") }
        let keys = list.compactMap { VerificationKey(jwk: $0) }
        guard keys.count == list.count else { throw bad("\(name) contains a key that is not a P-256 JWK with a kid") }
        return keys
    }

    private static func bad(_ detail: String) -> CoSignError { CoSignError(.badTrust, detail) }

    /// Keys of all roles.
    package var all: [VerificationKey] { projectKeys + coSignerKeys + recoveryKeys }

    /// The trust store as it is sent and kept.
    package var json: JSONValue {
        func list(_ keys: [VerificationKey]) -> JSONValue { .array(keys.map(\.jwk)) }
        return .object([
            .init("project", .string(project)), .init("version", .number("\(version)")),
            .init("project_keys", list(projectKeys)), .init("cosigner_keys", list(coSignerKeys)),
            .init("recovery_keys", list(recoveryKeys)), .init("recovery_threshold", .number("\(recoveryThreshold)")),
        ])
    }
}
