package import Encoding

/// Why something about projects and releases was refused to an operator. What servers and devices are refused is a
/// `CoSignRefusal`.
package enum ReleasesError: Error, Equatable, Sendable {
    case unknownProject(String)
    case projectExists(String)
    /// A value is not acceptable; the text says which, and what is.
    case invalid(String)
    /// A device type belongs to another project.
    case deviceTypeTaken(String, project: String)
    case unknownKey(String)
    case keyExists(String)
    /// A revoked key stays revoked.
    case keyRevoked(String)
    case unknownRelease(String)
    /// A release that was withdrawn stays so.
    case releaseWithdrawn(String)
    /// The co-signer's key can't be opened.
    case coSignerUnavailable(String)
    /// As many as there may be are there.
    case full(String)
}

extension ReleasesError: DomainError {
    package var kind: ErrorKind {
        switch self {
        case .unknownProject, .unknownKey, .unknownRelease: .notFound
        case .projectExists, .deviceTypeTaken, .keyExists, .keyRevoked, .releaseWithdrawn: .conflict
        case .invalid: .invalid
        case .coSignerUnavailable: .unavailable
        case .full: .full
        }
    }

    package var message: String {
        switch self {
        case .unknownProject(let id): "no project \(id)"
        case .projectExists(let id): "project \(id) exists already"
        case .invalid(let reason): reason
        case .deviceTypeTaken(let type, let project): "device type \(type) belongs to project \(project)"
        case .unknownKey(let kid): "no key \(kid)"
        case .keyExists(let kid): "the project has or had a key \(kid); a name is never used for another key"
        case .keyRevoked(let kid): "key \(kid) is revoked"
        case .unknownRelease(let id): "no release \(id)"
        case .releaseWithdrawn(let id): "release \(id) is withdrawn"
        case .coSignerUnavailable(let id): "the co-signer key of project \(id) can't be opened"
        case .full(let what): "there are as many \(what) as there may be"
        }
    }
}
