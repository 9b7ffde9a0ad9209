import AdminAPI
import Testing

@testable import AdminServer
@testable import Updates

/// What the admin API says of a device's part of a deployment.
@Suite struct DeploymentViewTests {
    private static func view(
        _ status: InstallationStatus, failed: Int = 0, substate: String = "", progress: Int? = nil
    ) -> AdminInstallation {
        AdminInstallation(
            Installation(
                deployment: 1, deviceID: "lamp", status: status, substate: substate, createdAt: 0, deviceType: "",
                failedAttempts: failed, hasLog: false, size: 0), progress: progress)
    }

    @Test(arguments: [
        (InstallationStatus.pending, 0, 0), (.pending, 1, 1), (.installing, 1, 1), (.success, 1, 1), (.failure, 0, 1),
        (.failure, 1, 2), (.noArtifact, 0, 0), (.aborted, 1, 1),
    ]) func failedTries_CountTheLastOne_OnceThePartHasFailed(status: InstallationStatus, failed: Int, shown: Int) {
        #expect(Self.view(status, failed: failed).failedAttempts == shown)
    }

    @Test func substate_IsLeftOut_WhileThereIsProgress() {
        #expect(Self.view(.installing, substate: "30 %", progress: 40).substate == nil)
        #expect(Self.view(.installing, substate: "30 %").substate == "30 %")
        let ended = Self.view(.failure, substate: "failed: no room", progress: 40)
        #expect(ended.substate == "failed: no room" && ended.progress == nil)
    }
}
