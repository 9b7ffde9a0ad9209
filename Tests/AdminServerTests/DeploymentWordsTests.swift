import Testing
import Updates
import Rules
import Wire

@testable import AdminServer

/// What the admin API calls the states of deployments: `hubctl --json` and scripts rely on it.
@Suite struct DeploymentWordsTests {
    private static let statuses = [
        "pending", "downloading", "pause_before_installing", "installing", "pause_before_rebooting", "rebooting",
        "pause_before_committing", "success", "failure", "already-installed", "noartifact", "aborted",
        "decommissioned",
    ]

    @Test func words_AreThoseOfTheManual() {
        #expect(InstallationStatus.allCases.map(\.word) == Self.statuses)
        #expect(Deployment.State.allCases.map(\.word) == ["pending", "inprogress", "finished"])
        #expect(
            Deployment.Status.allCases.map(\.word) == ["scheduled", "pending", "inprogress", "paused", "finished"])
        #expect(HoldPoints.Point.allCases.map(\.word) == RolloutRules.holdPoints)
        #expect(RolloutRules.holdPoints == ["install", "reboot", "commit"])
    }

    @Test func word_IsReadAsItsValue_AndOthersAreNone() {
        for word in Self.statuses { #expect(InstallationStatus(word: word)?.word == word) }
        #expect(InstallationStatus(word: "Success") == nil)
        #expect(HoldPoints.Point(word: "ArtifactInstall_Enter") == nil)
        #expect(Deployment.State(word: "scheduled") == nil)
    }
}
