internal import Encoding

/// State of a device in its life (docs/manual.md, "Devices"). `unknown` has no record.
package enum DeviceState: String, Sendable, CaseIterable {
    /// Asked without a valid secret and waits for the operator.
    case pending
    /// Holds a certificate of this hub.
    case approved
    /// Its certificates were revoked.
    case revoked
    /// The operator refused it; it may ask, and is answered with a refusal.
    case rejected
    /// Taken out of service; the record stays for the audit trail.
    case removed

    /// Whether the device may still get a certificate.
    package var mayEnrol: Bool { self == .pending || self == .approved }
}

/// One device, whatever protocols it speaks.
package struct Device: Sendable, Equatable {
    /// 1…64 characters; the common name of its certificates.
    package var id: String
    package var state: DeviceState
    /// Role in its certificates, `iotdevice` unless its secret said otherwise.
    package var ou: String
    /// Kind of device, as the import named it.
    package var deviceType: String?
    /// Address it was last seen from.
    package var address: String?
    /// MAC address it claims.
    package var mac: String?
    /// SHA-256 of its key, lower-case hexadecimal: while it waits the one it first asked with, later the one of its
    /// certificate.
    package var fingerprint: String?
    /// Fingerprint the operator approved by eye; a request with that key needs no secret.
    package var approvedFingerprint: String?
    /// First request, Unix seconds.
    package var firstSeen: Int64
    /// Last request, Unix seconds.
    package var lastSeen: Int64
    /// Serial of its newest certificate, lower-case hexadecimal.
    package var serial: String?
    /// End of its newest certificate, Unix seconds.
    package var notAfter: Int64?

    /// How often another key asked in its name while it waits, as far as written down.
    package var otherKeys = 0
    /// When that was last written down, Unix seconds.
    package var otherSeen: Int64?
    /// Fingerprints of those other keys, the first ``otherKeyLimit`` of them.
    package var otherFingerprints: [String] = []

    /// Other keys that are told apart.
    package static let otherKeyLimit = 16

    /// A device seen for the first time.
    package init(id: String, state: DeviceState, ou: String = "iotdevice", seen: Int64) {
        self.id = id
        self.state = state
        self.ou = ou
        firstSeen = seen
        lastSeen = seen
    }
}

/// A request as far as the operator wants to see it.
package struct Sighting: Sendable, Equatable {
    /// Address of the connection, without port.
    package var address: String
    /// MAC address the device claims, empty when it claims none, or something that is none.
    package let mac: String
    /// SHA-256 of its key, lower-case hexadecimal; `nil` when the key could not be read.
    package var fingerprint: String?

    /// What one request showed of a device.
    package init(address: String, mac: String, fingerprint: String?) {
        self.address = address
        self.mac = LinkLayerAddress.isValid(mac) ? mac : ""
        self.fingerprint = fingerprint
    }
}
