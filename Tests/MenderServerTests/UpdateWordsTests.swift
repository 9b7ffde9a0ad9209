import Testing
import Updates
import Wire

@testable import MenderServer

/// What values of deployments are called in the update protocol.
@Suite struct UpdateWordsTests {
    @Test func everyStatus_HasOneWord_AndTheWordMeansIt() {
        let statuses = InstallationStatus.allCases
        #expect(statuses.map { DeploymentStatus($0) } == DeploymentStatus.allCases)
        for status in statuses { #expect(InstallationStatus(DeploymentStatus(status)) == status) }
    }

    @Test func everyState_HasItsWord() {
        #expect(Deployment.State.allCases.map(\.word) == ["pending", "inprogress", "finished"])
        for state in Deployment.State.allCases { #expect(Deployment.State(word: state.word) == state) }
        #expect(Deployment.State(word: "scheduled") == nil)
    }

    @Test func holdPoints_AreTheSameInBothDirections() {
        for point in HoldPoints.Point.allCases {
            for action in HoldPoints.Action.allCases {
                let points = HoldPoints(
                    priority: -7, rules: [point: .init(action: action, onExpiry: .fail, afterAction: .go)])
                let map = UpdateControlMap(points, id: "d")
                #expect(map.id == "d" && map.priority == -7)
                #expect(HoldPoints(map) == points)
            }
        }
    }

    private static let points: [(HoldPoints.Point, UpdateControlMap.Point)] = [
        (.install, .install), (.reboot, .reboot), (.commit, .commit),
    ]

    @Test func pointsAndActions_KeepTheirMeaning() {
        for (point, word) in Self.points {
            let map = UpdateControlMap(HoldPoints(rules: [point: .init(action: .pause)]), id: "d")
            #expect(map.states == [word: .init(action: .pause)])
        }
        let actions: [(HoldPoints.Action, String)] = [
            (.go, "continue"), (.force, "force_continue"), (.pause, "pause"), (.fail, "fail"),
        ]
        for (action, word) in actions {
            let map = UpdateControlMap(HoldPoints(rules: [.commit: .init(action: action)]), id: "d")
            #expect(map.states[.commit]?.action?.rawValue == word)
        }
    }
}
