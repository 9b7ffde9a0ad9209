/// Who brings updates to a device.
package enum UpdateMode: Sendable, CaseIterable {
    /// The hub, when their turn has come.
    case automatic
    /// The device asks for them.
    case deviceManaged
    /// Nobody, but for what an operator pushes.
    case off

    /// Its word in the table of devices, on a device's link (docs/protocols/device-link.md 9) and for operators.
    package var word: String {
        switch self {
        case .automatic: "automatic"
        case .deviceManaged: "device_managed"
        case .off: "off"
        }
    }

    package init?(word: String) {
        guard let mode = Self.allCases.first(where: { $0.word == word }) else { return nil }
        self = mode
    }
}

/// An update that went over a device's link and is not done, or the last that the device told of by itself.
package struct UpdateFlight: Sendable, Equatable {
    /// How far it is (docs/protocols/device-link.md 7.4), in this order.
    package enum State: Sendable, CaseIterable {
        /// It was sent.
        case requested
        case received, started, downloading, updating
        /// The device restarts, or will.
        case completed
        case ignored, rescheduled, failed

        /// Whether the device is at work.
        package var isBusy: Bool {
            switch self {
            case .ignored, .rescheduled, .failed: false
            default: true
            }
        }
    }

    /// Number of the deployment; `nil` for one the hub did not start.
    package var deployment: Int64?
    package var state: State
    /// Percent of the state, as far as it was written down.
    package var progress: Int?
    /// When the device last told of it, Unix seconds.
    package var changedAt: Int64
    /// Identity of the firmware that ran when it was sent.
    package var from: String?
    /// What the device said about it; empty for nothing.
    package var note = ""
}

/// What an operator decided about a device's updates, and what came of earlier ones. A device of which nothing is
/// stored has what this begins with.
package struct UpdateSettings: Sendable, Equatable {
    /// Whether roll-outs reach the device.
    package var isEnabled = true
    package var mode = UpdateMode.automatic
    /// Whether the device may choose ``UpdateMode/deviceManaged`` by itself.
    package var isManagedAllowed = false
    /// Until when roll-outs leave it alone, Unix seconds.
    package private(set) var blockedUntil: Int64?
    /// How long that was when it began.
    private(set) var blockedSeconds: Int64?
    /// When tries began since the last success, Unix seconds; the newest ``attemptLimit``.
    package internal(set) var attempts: [Int64] = []
    package internal(set) var flight: UpdateFlight?
    /// Tries that broke off without a word since the last end of a part.
    var interruptions = 0

    /// Tries that are kept.
    package static let attemptLimit = 50
    /// Tries of one part that may break off.
    static let interruptionLimit = 10

    /// What a device begins with.
    package init() {}

    init(blockedUntil: Int64?, seconds: Int64?) {
        (self.blockedUntil, blockedSeconds) = (blockedUntil, seconds)
    }

    /// When the device's waiting ends; `nil` when it does not wait. A clock that was set back makes nothing longer
    /// (docs/time.md).
    package func waitsUntil(now: Int64) -> Int64? {
        guard let blockedUntil, blockedUntil > now else { return nil }
        return min(blockedUntil, now + (blockedSeconds ?? 0))
    }

    /// Makes the device wait.
    mutating func block(seconds: Int64, now: Int64) {
        (blockedUntil, blockedSeconds) = (now + seconds, seconds)
    }

    mutating func unblock() {
        (blockedUntil, blockedSeconds) = (nil, nil)
        attempts = []
        interruptions = 0
    }

    mutating func addAttempt(at seconds: Int64) {
        attempts = attempts.suffix(Self.attemptLimit - 1) + [seconds]
    }

    /// The device has what it was to have.
    mutating func succeed() {
        flight = nil
        unblock()
    }
}
