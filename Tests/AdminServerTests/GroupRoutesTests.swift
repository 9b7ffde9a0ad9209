internal import AdminAPI
import Foundation
import HTTPTypes
import HubHTTP
internal import IssuingTestSupport
internal import People
internal import Rooms
internal import RouteTestSupport
import Testing

@Suite struct GroupRoutesTests {
    private static let root = Peer(address: "local", userID: 0)

    private static func send(
        _ rig: AdminRig, _ method: HTTPRequest.Method, _ path: String, _ body: String = ""
    ) async throws -> RouteClient.Answer {
        try await rig.local.send(method, "/admin/v1" + path, body: Array(body.utf8), as: root)
    }

    /// A hub with two devices that wait.
    private static func site() async throws -> AdminRig {
        let rig = try await AdminRig()
        for id in ["lamp 1", "lamp-2"] { _ = try await TestDevice(id, secret: "s").enrol(at: rig) }
        return rig
    }

    private static func group(_ answer: RouteClient.Answer) throws -> AdminGroup {
        try JSONDecoder().decode(AdminGroup.self, from: Data(answer.body))
    }

    @Test func chosenGroup_IsFilledAndEmptied() async throws {
        let rig = try await Self.site()
        let added = try await Self.send(rig, .post, "/groups/north/devices", #"{"devices":["lamp 1","lamp-2"]}"#)
        #expect(try added.status == .ok && Self.group(added).members == 2)
        let page = try await Self.send(rig, .get, "/groups/north/devices?limit=1")
        #expect(page.text == #"{"after":"1","items":[{"deviceID":"lamp 1"}]}"#)
        #expect(try await Self.send(rig, .get, "/groups/north/devices?after=1").text.contains("lamp-2"))
        #expect(try await Self.send(rig, .delete, "/groups/north/devices/lamp%201").status == .noContent)
        #expect(try await Self.send(rig, .delete, "/groups/north/devices/lamp%201").text.contains("notInGroup"))
        let unknown = try await Self.send(rig, .post, "/groups/north/devices", #"{"devices":["lamp-3"]}"#)
        #expect(unknown.status == .notFound && unknown.text.contains("unknownDevice"))
        #expect(try await Self.send(rig, .delete, "/groups/north").status == .noContent)
        #expect(try await Self.send(rig, .get, "/groups/north").text.contains("unknownGroup"))
        #expect(try await Self.send(rig, .delete, "/groups/north").status == .notFound)
    }

    @Test func groupWithFilter_IsMadeOnce() async throws {
        let rig = try await Self.site()
        let body = #"{"name":"waiting","filter":["identity.status=pending","!system.group"]}"#
        let made = try await Self.send(rig, .post, "/groups", body)
        #expect(made.status == .created)
        let group = try Self.group(made)
        #expect(group.members == 2 && group.filter == ["identity.status=pending", "!system.group"])
        #expect(try await Self.send(rig, .post, "/groups", body).text.contains("groupExists"))
        let add = try await Self.send(rig, .post, "/groups/waiting/devices", #"{"devices":["lamp-2"]}"#)
        #expect(add.status == .conflict && add.text.contains("groupIsDynamic"))
        #expect(try await Self.send(rig, .get, "/groups").text.contains("identity.status=pending"))
        for bad in [
            #"{"name":"x y","filter":["system.group"]}"#, #"{"name":"x","filter":[]}"#, #"{"name":"x"}"#,
            #"{"name":"x","filter":["os=debian"]}"#, #"{"name":"x","filter":["inventory.os~("]}"#,
        ] {
            #expect(try await Self.send(rig, .post, "/groups", bad).status == .badRequest)
        }
    }

    @Test func tokensAndRoles_OfUsers() async throws {
        let rig = try await AdminRig()
        _ = try await Self.send(rig, .post, "/users", #"{"name":"al","role":"viewer","password":"long enough pass"}"#)
        let made = try await Self.send(rig, .post, "/users/al/tokens", #"{"name":"ci","expiresInSeconds":60}"#)
        let token = try JSONDecoder().decode(AdminUserToken.self, from: Data(made.body))
        #expect(made.status == .created)
        let text = try #require(token.token)
        #expect(try await rig.rooms.people.session(userToken: text)?.role == .viewer)
        #expect(try await Self.send(rig, .post, "/users/al/tokens", #"{"name":"ci"}"#).text.contains("tokenExists"))
        let listed = try await Self.send(rig, .get, "/users/al/tokens")
        #expect(listed.text.contains(#""name":"ci""#) && !listed.text.contains(text))
        #expect(
            try await Self.send(rig, .post, "/users/al/role", #"{"name":"al","role":"king"}"#).status == .badRequest)
        #expect(
            try await Self.send(rig, .post, "/users/al/role", #"{"name":"al","role":"admin"}"#).status == .noContent)
        #expect(try await rig.rooms.people.session(userToken: text) == nil)
        #expect(try await Self.send(rig, .delete, "/users/al/tokens/x").text.contains("unknownToken"))
        #expect(try await Self.send(rig, .get, "/users/none/tokens").text.contains("unknownUser"))
    }
}
