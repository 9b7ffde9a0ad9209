/// How far a deployment came on one device.
package enum InstallationStatus: Sendable, CaseIterable {
    case pending
    case downloading
    case pauseBeforeInstalling
    case installing
    case pauseBeforeRebooting
    case rebooting
    case pauseBeforeCommitting
    case success
    case failure
    case alreadyInstalled
    /// No artifact fits the device.
    case noArtifact
    case aborted
    /// The device was taken out of service.
    case decommissioned

    /// Whether nothing more will come.
    package var isFinished: Bool {
        switch self {
        case .success, .failure, .alreadyInstalled, .noArtifact, .aborted, .decommissioned: true
        default: false
        }
    }

    /// Whether the device is done without having been given anything.
    package var isSkip: Bool { self == .alreadyInstalled || self == .noArtifact }

    /// Whether the device may report it; the others the hub finds out by itself.
    package var isReportable: Bool {
        switch self {
        case .pending, .noArtifact, .aborted, .decommissioned: false
        default: true
        }
    }

    /// Whether reports are refused from here on.
    package var isLocked: Bool { self == .aborted || self == .decommissioned }

    /// Whether the device waits at a hold point.
    package var isPaused: Bool {
        self == .pauseBeforeInstalling || self == .pauseBeforeRebooting || self == .pauseBeforeCommitting
    }
}

extension [InstallationStatus: Int] {
    /// How many were done without having been given anything.
    var skipped: Int { filter(\.key.isSkip).values.reduce(0, +) }
}
