package import CoSigning
package import Encoding

extension CoSignRefusal: DomainError {
    package var kind: ErrorKind {
        switch self {
        case .unknownProject: .notFound
        case .tooLarge: .tooLarge
        case .badRequest: .invalid
        case .sequenceNotHigher: .conflict
        case .suspended: .unavailable
        default: .forbidden
        }
    }

    package var message: String {
        switch self {
        case .unknownProject: "there is no such project"
        case .tooLarge: "a message has at most 65,536 bytes"
        case .unknownServer: "the project has no such server"
        case .serverRevoked: "the server's key is not active"
        case .unauthenticated: "the caller has not proved who it is"
        case .badRequest: "the message is not what the protocol allows"
        case .badSignature: "a signature is missing or wrong"
        case .projectKeySuspended: "the project key that signed is not active"
        case .deviceRevoked: "the device is not admitted"
        case .policy: "the message is for somebody else, another time or another kind of device"
        case .replayed: "the token or the message was used before"
        case .missingProjectSignature: "no project key has signed"
        case .withdrawn: "the release is not offered any more"
        case .sequenceNotHigher: "the stream has a release with this seq or a higher one"
        case .suspended: "co-signing is suspended for the project, or its co-signer key can't be opened"
        }
    }
}
