import Foundation
import Testing

@testable import Updates

/// What earlier releases wrote into the database must be read as it was meant, and written the same way.
@Suite struct StoredWordsTests {
    private static let statuses: [(InstallationStatus, String)] = [
        (.pending, "pending"), (.downloading, "downloading"), (.pauseBeforeInstalling, "pause_before_installing"),
        (.installing, "installing"), (.pauseBeforeRebooting, "pause_before_rebooting"), (.rebooting, "rebooting"),
        (.pauseBeforeCommitting, "pause_before_committing"), (.success, "success"), (.failure, "failure"),
        (.alreadyInstalled, "already-installed"), (.noArtifact, "noartifact"), (.aborted, "aborted"),
        (.decommissioned, "decommissioned"),
    ]

    @Test func everyStatus_HasItsWord() {
        #expect(Self.statuses.map(\.0) == InstallationStatus.allCases)
        for (status, word) in Self.statuses {
            #expect(status.storedWord == word)
            #expect(InstallationStatus(storedWord: word) == status)
        }
        #expect(InstallationStatus(storedWord: "pauseBeforeInstalling") == nil)
    }

    @Test func everyState_HasItsWord() {
        #expect(Deployment.State.allCases.map(\.storedWord) == ["pending", "inprogress", "finished"])
        for state in Deployment.State.allCases { #expect(Deployment.State(storedWord: state.storedWord) == state) }
        #expect(Deployment.State(storedWord: "inProgress") == nil)
    }

    private static let plan = """
        {"controlMap":{"priority":3,"states":{"ArtifactCommit_Enter":{"action":"pause","onActionExecuted":"fail",\
        "onMapExpire":"force_continue"},"ArtifactInstall_Enter":{"action":"continue"},"ArtifactReboot_Enter":{}}},\
        "deviceLimit":4,"isForced":true,"phases":[{"id":"a","percent":10,"startsAt":5}],"retries":2,"settings":"{}",\
        "stopRule":{"afterDevices":2,"failurePercent":1},"windows":[{"days":[1],"from":2,"to":3}]}
        """

    @Test func storedPlan_IsReadAndWrittenAsBefore() throws {
        let plan = try JSONDecoder().decode(RolloutPlan.self, from: Data(Self.plan.utf8))
        #expect(
            plan.holdPoints
                == HoldPoints(
                    priority: 3,
                    rules: [
                        .commit: .init(action: .pause, onExpiry: .force, afterAction: .fail),
                        .install: .init(action: .go), .reboot: .init(),
                    ]))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        #expect(String(decoding: try encoder.encode(plan), as: UTF8.self) == Self.plan)
    }

    @Test func report_IsStoredAsBefore() {
        let report = DeviceReport(
            artifactName: "rel-1", deviceType: "qemu", provides: ["rootfs-image.version": "1", "a": "b"])
        let text = #"{"a":"b","artifact_name":"rel-1","device_type":"qemu","rootfs-image.version":"1"}"#
        #expect(report.text == text)
    }
}
