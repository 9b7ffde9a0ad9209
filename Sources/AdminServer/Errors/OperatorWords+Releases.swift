internal import CoSigning
internal import Releases

extension OperatorWords {
    static func words(_ error: ReleasesError) -> OperatorWords {
        switch error {
        case .unknownProject: .init("unknownProject", "list the known ones with: hubctl cosign project list")
        case .projectExists: .init("projectExists", "change it with: hubctl cosign project set")
        case .invalid: .init("badRequest")
        case .deviceTypeTaken(_, let project):
            .init("deviceTypeTaken", "take it from there with: hubctl cosign project set \(project) --device-types …")
        case .unknownKey: .init("unknownKey", "list the known ones with: hubctl cosign key list")
        case .keyExists: .init("keyExists", "append #2, #3 … to the name of a new key")
        case .keyRevoked: .init("keyRevoked", "add another key under another name")
        case .unknownRelease: .init("unknownRelease", "list the known ones with: hubctl cosign release list")
        case .releaseWithdrawn: .init("releaseWithdrawn", "sign a release with a higher seq")
        case .coSignerUnavailable: .init("coSignerUnavailable", "look whether the token with its key is there")
        case .full: .init("tooMany")
        }
    }

    /// A refusal of the protocol, as an operator is told of it.
    static func words(_ refusal: CoSignRefusal) -> OperatorWords {
        switch refusal {
        case .suspended: .init(refusal.rawValue, "go on with: hubctl cosign project resume PROJECT")
        case .projectKeySuspended: .init(refusal.rawValue, "activate it with: hubctl cosign key activate KID")
        case .sequenceNotHigher: .init(refusal.rawValue, "sign the release with a higher seq")
        case .missingProjectSignature: .init(refusal.rawValue, "sign it with: hubctl cosign sign")
        case .unknownProject: .init(refusal.rawValue, "list the known ones with: hubctl cosign project list")
        default: .init(refusal.rawValue)
        }
    }
}
