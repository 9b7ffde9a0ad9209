/// Why a co-signed message is rejected, by the name that devices report (docs/protocols/cosign.md 4).
package struct CoSignError: Error, Equatable, Sendable {
    /// The error names of the protocol.
    package enum Name: String, Sendable, CaseIterable {
        case tooLarge = "too_large"
        case badFormat = "bad_format"
        case badHeader = "bad_header"
        case badAlgorithm = "bad_algorithm"
        case duplicateKID = "duplicate_kid"
        case missingSignature = "missing_signature"
        case badSignature = "bad_signature"
        case badTrust = "bad_trust"
        case badClaims = "bad_claims"
        case wrongKind = "wrong_kind"
        case missingAuthorization = "missing_authorization"
        case wrongProject = "wrong_project"
        case wrongAudience = "wrong_audience"
        case wrongDeviceType = "wrong_device_type"
        case notYetValid = "not_yet_valid"
        case expired
        case stale
        case nonceMismatch = "nonce_mismatch"
        case rollback
        case equivocation
        case replayed
        case wrongVersion = "wrong_version"
        case badKeySet = "bad_keyset"
        case badArtifact = "bad_artifact"
    }

    package let name: Name
    /// One line for a person; nothing of it comes from the message except names that the protocol knows.
    package let detail: String

    package init(_ name: Name, _ detail: String) {
        self.name = name
        self.detail = detail
    }

    /// Errors are the same when their names are.
    package static func == (one: CoSignError, other: CoSignError) -> Bool { one.name == other.name }
}

extension CoSignError: CustomStringConvertible {
    package var description: String { "\(name.rawValue): \(detail)" }
}
