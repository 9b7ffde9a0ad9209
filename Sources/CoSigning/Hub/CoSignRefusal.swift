/// Why the hub does not co-sign, by the name in the answer (docs/protocols/cosign.md 6).
package enum CoSignRefusal: String, Error, Sendable, CaseIterable {
    case unknownProject = "unknown_project"
    case tooLarge = "too_large"
    case unknownServer = "unknown_server"
    case serverRevoked = "server_revoked"
    case unauthenticated
    case badRequest = "bad_request"
    case badSignature = "bad_signature"
    case projectKeySuspended = "project_key_suspended"
    case deviceRevoked = "device_revoked"
    case policy
    case replayed
    case missingProjectSignature = "missing_project_signature"
    case withdrawn
    case sequenceNotHigher = "seq_not_higher"
    /// The project does not co-sign until an operator resumes it, or has no key to do it with.
    case suspended

    /// Status of the answer. A caller who may not is told 403, not 401: the oneID SDK takes every other answer for the
    /// message.
    package var status: Int {
        switch self {
        case .unknownProject: 404
        case .tooLarge: 413
        case .badRequest: 400
        case .sequenceNotHigher: 409
        default: 403
        }
    }
}
