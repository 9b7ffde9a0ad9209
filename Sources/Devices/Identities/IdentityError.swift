package import Encoding

extension IdentityError: DomainError {
    package var kind: ErrorKind {
        switch self {
        case .unknown: .notFound
        case .badChange, .exists: .conflict
        case .deviceLimit: .full
        }
    }

    package var message: String {
        switch self {
        case .unknown: "the device has no such key of the update protocol"
        case .badChange: "the key can't go from where it stands to there"
        case .deviceLimit: "as many devices are accepted as the configuration allows"
        case .exists(let identity): "device \(identity.deviceID) has that identity already"
        }
    }
}
