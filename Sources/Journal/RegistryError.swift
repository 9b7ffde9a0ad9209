package import Wire

/// Why the registry refused something. Codes are listed in docs/error-codes.md.
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
