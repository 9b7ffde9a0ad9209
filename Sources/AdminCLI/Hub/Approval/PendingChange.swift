internal import AdminAPI
internal import Wire

/// What changed in the list of waiting devices.
struct PendingChange: Encodable, Sendable {
    enum Kind: String, Encodable, Sendable {
        /// It waits since the last look.
        case new
        /// It asked from another address, with another key or MAC address.
        case changed
        /// It waits no more: approved, rejected or removed.
        case gone
    }

    let change: Kind
    let device: AdminDevice

    /// The changes between two looks, in the order of the device IDs; what was seen and how often is none.
    static func between(_ before: [AdminDevice], and after: [AdminDevice]) -> [PendingChange] {
        let old = Dictionary(before.map { (DeviceID($0.deviceID), $0) }, uniquingKeysWith: { _, last in last })
        let new = Dictionary(after.map { (DeviceID($0.deviceID), $0) }, uniquingKeysWith: { _, last in last })
        return Set(old.keys).union(new.keys).sorted().compactMap { id in
            switch (old[id], new[id]) {
            case (nil, let device?): PendingChange(change: .new, device: device)
            case (let device?, nil): PendingChange(change: .gone, device: device)
            case (let one?, let other?) where identity(one) != identity(other):
                PendingChange(change: .changed, device: other)
            default: nil
            }
        }
    }

    /// One line for people.
    var line: String {
        let device = device
        let parts = [
            change.rawValue, device.deviceID, device.address, device.mac, device.fingerprint.map(Fingerprint.grouped),
            device.otherKeys.map { _ in "others asked with another key" },
        ]
        return parts.compactMap(\.self).map(Terminal.plain).joined(separator: "  ")
    }

    private static func identity(_ device: AdminDevice) -> [String?] {
        [device.address, device.mac, device.fingerprint, device.otherKeys.map { _ in "others" }]
    }
}
