internal import Encoding
import HTTPTypes
import HubHTTP
import Issuing
import Journal
import MenderServer
internal import RouteTestSupport
import Testing

/// docs/protocols/mender.md 8: where devices wait.
@Suite struct HoldPointTests {
    private static let pause =
        #","update_control_map":{"priority":1,"states":{"ArtifactInstall_Enter":{"action":"pause","on_map_expire":"fail"}}}"#

    @Test func holdPoints_AreTold_ChangedAndLifted() async throws {
        let site = try await UpdateSite()
        let device = try await site.device()
        try await site.upload(try UpdateSite.artifact("rel-1"))
        let deployment = try await site.deploy("rel-1", to: [device], more: Self.pause)
        let told = try await device.next()
        let map = told.json["update_control_map"]
        #expect(map?["id"]?.string == deployment)
        #expect(map?["priority"]?.integer == 1)
        #expect(
            map?["states"]?.encoded()
                == Array(#"{"ArtifactInstall_Enter":{"action":"pause","on_map_expire":"fail"}}"#.utf8))
        #expect(map?.members?.count == 3)
        let asked = try await device.controlMap(deployment)
        #expect(asked.status == .ok)
        #expect(asked.json["update_control_map"] == map)
        #expect(try await device.report("pause_before_installing", deployment).status == .noContent)
        #expect(
            try await site.send(.get, "v1/deployments/deployments/\(deployment)/devices?status=pause").json.array?.count
                == 1)
        let path = "v1/deployments/deployments/\(deployment)"
        let change = #"{"update_control_map":{"states":{"ArtifactInstall_Enter":{"action":"continue"}}}}"#
        #expect(try await site.send(.patch, path, change).status == .noContent)
        let lifted = try await device.controlMap(deployment).json["update_control_map"]
        #expect(lifted?["states"]?["ArtifactInstall_Enter"]?["action"]?.string == "continue")
        #expect(try await site.send(.patch, path, #"{"update_control_map":{"states":{}}}"#).status == .noContent)
        #expect(try await device.controlMap(deployment).json["update_control_map"]?["states"] == .object([]))
        try await device.report("success", deployment)
        #expect(try await site.send(.patch, path, change).status == .unprocessableContent)
        #expect(try await device.controlMap(deployment).status == .notFound)
    }

    @Test func deviceWithoutHoldPoints_WaitsUntilTheyAreLifted() async throws {
        let site = try await UpdateSite()
        let (old, new) = (try await site.device(1), try await site.device(2))
        try await site.upload(try UpdateSite.artifact("rel-1"))
        let deployment = try await site.deploy("rel-1", to: [old, new], more: Self.pause)
        #expect(try await old.next(map: false).status == .noContent)
        #expect(try await new.next(map: true).status == .ok)
        // Nor does the one that began with them slip through by another form of the question.
        #expect(try await new.next(map: false).status == .noContent)
        let change = #"{"update_control_map":{"states":{}}}"#
        #expect(try await site.send(.patch, "v1/deployments/deployments/\(deployment)", change).status == .noContent)
        let told = try await old.next(map: false)
        #expect(told.status == .ok)
        #expect(told.json["update_control_map"] == nil)
    }

    @Test func abortedDeployment_HasNoMap() async throws {
        let site = try await UpdateSite()
        let device = try await site.device()
        try await site.upload(try UpdateSite.artifact("rel-1"))
        let deployment = try await site.deploy("rel-1", to: [device], more: Self.pause)
        try await device.next()
        let path = "v1/deployments/deployments/\(deployment)"
        #expect(try await site.send(.put, path + "/status", #"{"status":"aborted"}"#).status == .noContent)
        #expect(try await device.controlMap(deployment).status == .notFound)
    }

    private static let badMapRows: [String] = [
        "[]", "1", #"{"states":[]}"#, #"{"states":{"Nonsense":{}}}"#, #"{"states":{"ArtifactInstall_Enter":1}}"#,
        #"{"states":{"ArtifactInstall_Enter":{"action":"nonsense"}}}"#,
        #"{"states":{"ArtifactInstall_Enter":{"action":1}}}"#,
        #"{"states":{"ArtifactInstall_Enter":{"on_map_expire":"pause"}}}"#,
        #"{"states":{"ArtifactInstall_Enter":{"nonsense":"continue"}}}"#, #"{"priority":11}"#, #"{"priority":-11}"#,
        #"{"priority":1.5}"#, #"{"priority":"1"}"#, #"{"nonsense":1}"#,
        #"{"states":{"ArtifactInstall_Enter":{},"ArtifactInstall_Enter":{}}}"#,
    ]

    @Test func badMap_IsRefused_WhenMadeAndWhenChanged() async throws {
        let site = try await UpdateSite()
        let device = try await site.device()
        try await site.upload(try UpdateSite.artifact("rel-1"))
        let id = try await site.id(device)
        let deployment = try await site.deploy("rel-1", to: [device], more: Self.pause)
        for map in Self.badMapRows {
            let body = #"{"name":"a","artifact_name":"rel-1","devices":["\#(id)"],"update_control_map":\#(map)}"#
            #expect(try await site.send(.post, "v1/deployments/deployments", body).status == .badRequest)
            let path = "v1/deployments/deployments/\(deployment)"
            #expect(try await site.send(.patch, path, #"{"update_control_map":\#(map)}"#).status == .badRequest)
            #expect(try await site.send(.patch, path, "{}").status == .badRequest)
        }
    }

    @Test func mapOfADeploymentWithout_OrOfNone_CantBeChanged() async throws {
        let site = try await UpdateSite()
        let device = try await site.device()
        try await site.upload(try UpdateSite.artifact("rel-1"))
        let deployment = try await site.deploy("rel-1", to: [device])
        let change = #"{"update_control_map":{"states":{}}}"#
        let path = "v1/deployments/deployments/"
        #expect(try await site.send(.patch, path + deployment, change).status == .unprocessableContent)
        #expect(try await site.send(.patch, path + UniqueID.make(), change).status == .notFound)
        try await device.next()
        #expect(try await device.controlMap(deployment).status == .notFound)
    }
}
