/// A time in which unknown devices are welcome.
package struct PairingWindow: Sendable, Equatable {
    /// Unix seconds.
    package let openedAt: Int64
    /// First second in which it is over, Unix seconds.
    package let closesAt: Int64
    package let openedBy: String
    /// Kind the devices get that are first seen in it.
    package let deviceType: String?
    /// How many devices are approved, or, without approval, first seen; `nil` for any number.
    package let limit: Int?
    /// Whether devices that ask are approved by the fingerprint of their key, without anybody comparing it.
    package let approves: Bool
    /// How many devices were counted against the limit.
    package let used: Int

    /// Whether the limit is reached.
    package var isFull: Bool { limit.map { used >= $0 } ?? false }
}

/// A pairing window to be opened.
package struct NewPairingWindow: Sendable {
    /// Length, 1 to 120.
    package var minutes: Int
    /// Kind the devices get that are first seen in it.
    package var deviceType: String?
    /// How many devices, 1 to 1,000; `nil` for one with ``approves``, else any number.
    package var limit: Int?
    /// Whether devices that ask are approved without anybody comparing a fingerprint.
    package var approves: Bool

    /// A window in which devices are recorded for the operator to decide.
    package init(minutes: Int, deviceType: String? = nil, limit: Int? = nil, approves: Bool = false) {
        self.minutes = minutes
        self.deviceType = deviceType
        self.limit = limit
        self.approves = approves
    }
}
