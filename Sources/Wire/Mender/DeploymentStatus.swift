/// How far a deployment came on one device, in the words of the protocol (docs/protocols/mender.md 10.1). In the order
/// in which statistics name them.
package enum DeploymentStatus: String, Sendable, CaseIterable {
    case pending
    case downloading
    case pauseBeforeInstalling = "pause_before_installing"
    case installing
    case pauseBeforeRebooting = "pause_before_rebooting"
    case rebooting
    case pauseBeforeCommitting = "pause_before_committing"
    case success
    case failure
    case alreadyInstalled = "already-installed"
    /// No artifact fits the device.
    case noArtifact = "noartifact"
    case aborted
    /// The device was taken out of service.
    case decommissioned
}
