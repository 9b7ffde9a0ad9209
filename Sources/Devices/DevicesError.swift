package import Encoding
package import Wire

/// Why something about a device, its name or a pairing window was refused.
package enum DevicesError: Error, Equatable, Sendable {
    /// No device of that ID is known.
    case unknownDevice(String)
    /// A new device can't have this ID.
    case invalidDeviceID(DeviceIDProblem)
    /// A valid certificate of another role has this name, so no device may have it.
    case deviceNameTaken(String, ou: String)
    /// A device bears this name, so no certificate of another role may.
    case nameOfDevice(String, isSecretOnly: Bool = false)
    /// A fingerprint is not 64 hexadecimal digits.
    case invalidFingerprint
    /// The fingerprint given is not that of the key the device asked with.
    case fingerprintMismatch(String)
    /// The device asked with no key yet, so there is none to approve.
    case nothingToApprove(String)
    /// Length, limit or device type of a pairing window is out of bounds.
    case invalidPairing(reason: String)
    /// No pairing window is open.
    case noPairingWindow
}

extension DevicesError: DomainError {
    package var kind: ErrorKind {
        switch self {
        case .unknownDevice, .noPairingWindow: .notFound
        case .invalidDeviceID, .invalidFingerprint, .invalidPairing: .invalid
        case .deviceNameTaken, .nameOfDevice, .fingerprintMismatch, .nothingToApprove: .conflict
        }
    }

    package var message: String {
        switch self {
        case .unknownDevice(let id): "no device \(id) is known"
        case .invalidDeviceID(let problem): "the device ID \(problem.message)"
        case .deviceNameTaken(let id, let ou):
            "\(id) is already the name of a certificate with the OU \(ou); no device can use it"
        case .nameOfDevice(let name, _): "\(name) is already the name of a device; no other certificate can use it"
        case .invalidFingerprint: "a fingerprint has 64 hexadecimal digits"
        case .fingerprintMismatch(let id): "\(id) asked with another key than this fingerprint"
        case .nothingToApprove(let id): "\(id) has not asked with a key yet"
        case .invalidPairing(let reason): reason
        case .noPairingWindow: "no pairing window is open"
        }
    }
}
