package import Encoding

/// Why an identity could not be changed (docs/protocols/mender.md 5, 12.2).
package enum IdentityError: Error, Equatable, Sendable {
    /// No device or key of that number.
    case unknown
    /// A key of that device can't go from its present state to that one.
    case badChange(deviceID: String)
    /// As many devices as the configuration allows are accepted.
    case deviceLimit
    case exists(DeviceIdentity)
}

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
        case .badChange: "the key can't change from its present status to this one"
        case .deviceLimit: "as many devices are accepted as the configuration allows"
        case .exists(let identity): "device \(identity.deviceID) has that identity already"
        }
    }
}
