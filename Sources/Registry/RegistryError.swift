package import Encoding
package import Wire

/// Why the registry refused something.
package enum RegistryError: Error, Equatable, Sendable {
    /// No device of that ID is known.
    case unknownDevice(String)
    /// No secret is registered for that device.
    case unknownSecret(String)
    /// No service of that name.
    case unknownService(String)
    /// No user of that name.
    case unknownUser(String)
    /// A new device can't have this ID.
    case invalidDeviceID(DeviceIDProblem)
    /// A certificate of another role that counts bears this name, so no device may.
    case deviceNameTaken(String, ou: String)
    /// A device bears this name, so no certificate of another role may.
    case nameOfDevice(String, isSecretOnly: Bool = false)
    /// The secret is empty or too long.
    case invalidSecret
    /// `validUntil` is neither an RFC 3339 date nor a date-time.
    case invalidValidUntil
    /// A secret gives no such role.
    case invalidOU
    /// `validUntil` lies in the past.
    case expiredValidUntil
    /// A fingerprint is not 64 hexadecimal digits.
    case invalidFingerprint
    /// The fingerprint given is not that of the key the device asked with.
    case fingerprintMismatch(String)
    /// The device asked with no key yet, so there is none to approve.
    case nothingToApprove(String)
    /// A service's name or URL can't be published.
    case invalidService(reason: String)
    /// A user's name, role or password is not acceptable.
    case invalidUser(reason: String)
    /// A user of that name exists.
    case userExists(String)
    /// The device is provisioned, and its secret is changed only on request.
    case secretInUse(String)
    /// Events of the audit trail were altered or removed, so it can't be pruned.
    case trailBroken(reason: String)
}

extension RegistryError: DomainError {
    package var kind: ErrorKind {
        switch self {
        case .unknownDevice, .unknownSecret, .unknownService, .unknownUser: .notFound
        case .invalidDeviceID, .invalidSecret, .invalidValidUntil, .expiredValidUntil, .invalidFingerprint,
            .invalidService, .invalidUser, .invalidOU:
            .invalid
        case .fingerprintMismatch, .nothingToApprove, .userExists, .secretInUse, .trailBroken, .deviceNameTaken,
            .nameOfDevice:
            .conflict
        }
    }

    package var message: String {
        switch self {
        case .unknownDevice(let id): "no device \(id) is known"
        case .unknownSecret(let id): "no secret is registered for \(id)"
        case .unknownService(let name): "no service \(name)"
        case .unknownUser(let name): "no user \(name)"
        case .invalidDeviceID(let problem): "the device ID \(problem.message)"
        case .deviceNameTaken(let id, let ou):
            "\(id) is already the name of a certificate with the OU \(ou); no device can use it"
        case .nameOfDevice(let name, _): "\(name) is already the name of a device; no other certificate can use it"
        case .invalidSecret: "a secret has 1 to \(SecretLimits.secretBytes) bytes"
        case .invalidValidUntil: "validUntil is neither an RFC 3339 date nor a date-time"
        case .expiredValidUntil: "validUntil lies in the past"
        case .invalidOU: "ou must be one of \(SecretRowReader.roles.sorted().joined(separator: ", "))"
        case .invalidFingerprint: "a fingerprint has 64 hexadecimal digits"
        case .fingerprintMismatch(let id): "\(id) asked with another key than this fingerprint"
        case .nothingToApprove(let id): "\(id) has not asked with a key yet"
        case .invalidService(let reason), .invalidUser(let reason): reason
        case .userExists(let name): "user \(name) exists"
        case .secretInUse(let id): "\(id) is provisioned already"
        case .trailBroken(let reason): "nothing more is pruned: \(reason)"
        }
    }
}
