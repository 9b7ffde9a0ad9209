import Devices
internal import Encoding
import Foundation
import HTTPTypes
import HubHTTP
internal import Journal
internal import JournalTestSupport
internal import People
internal import Rooms
internal import RouteTestSupport
import Testing
internal import Wire

/// docs/protocols/mender.md 6, and what hostile devices make of it.
@Suite struct InventoryReportTests {
    private static let body = """
        [{"name":"device_type","value":"qemu"},{"name":"ip","value":["10.0.0.1","10.0.0.2"]},
         {"name":"mem","value":"512","description":"MB"},{"name":"cpus","value":4},{"name":"load","value":[0.5,1e2]}]

        """

    /// Reported attributes of a device as `name=value`.
    private static func reported(_ client: ManagementClient, _ member: DeviceFleet.Member) async throws -> [String] {
        try await client.rooms.inventory.inventory(of: member.deviceID).attributes.filter { $0.scope == .inventory }
            .map {
                "\($0.name)=" + String(decoding: $0.value.json.encoded(), as: UTF8.self)
            }
    }

    @Test func put_Replaces_PatchMerges() async throws {
        let client = try await ManagementClient()
        let fleet = DeviceFleet(client)
        let member = try await fleet.join(#"{"mac":"02:00:00:00:00:01"}"#)
        let answer = try await fleet.report(member, Self.body)
        #expect(answer.status == .ok && answer.body.isEmpty)
        #expect(
            try await Self.reported(client, member) == [
                "cpus=4", #"device_type="qemu""#, #"ip=["10.0.0.1","10.0.0.2"]"#, "load=[0.5,1e2]", #"mem="512""#,
            ])
        let patched = try await fleet.report(
            member, #"[{"name":"mem","value":"1024"},{"name":"os","value":"x"}]"#, .patch)
        #expect(patched.status == .ok)
        #expect(try await Self.reported(client, member).count == 6)
        #expect(try await Self.reported(client, member).contains(#"mem="1024""#))
        #expect(try await fleet.report(member, #"[{"name":"os","value":"y"}]"#).status == .ok)
        #expect(try await Self.reported(client, member) == [#"os="y""#])
        #expect(try await fleet.report(member, "[]").status == .ok)
        #expect(try await Self.reported(client, member).isEmpty)
    }

    @Test(arguments: [
        "", "{", "{}", "[1]", "[[]]", #"[{"value":"x"}]"#, #"[{"name":"","value":"x"}]"#, #"[{"name":"x"}]"#,
        #"[{"name":1,"value":"x"}]"#, #"[{"name":"x","value":{}}]"#, #"[{"name":"x","value":true}]"#,
        #"[{"name":"x","value":null}]"#, #"[{"name":"x","value":["a",1]}]"#, #"[{"name":"x","value":[["a"]]}]"#,
        #"[{"name":"x","value":1e400}]"#, #"[{"name":"x","value":[1,-1e400]}]"#,
        #"[{"name":"x","value":"y","description":1}]"#, #"[{"name":"x","value":"y"}] trailing"#,
        #"[{"name":"\#(String(repeating: "n", count: 1025))","value":"y"}]"#,
    ])
    func badReport_IsRefusedWhole(body: String) async throws {
        let client = try await ManagementClient()
        let fleet = DeviceFleet(client)
        let member = try await fleet.join(#"{"mac":"1"}"#)
        try await fleet.report(member, Self.body)
        for method in [HTTPRequest.Method.put, .patch] {
            let answer = try await fleet.report(member, body, method)
            #expect(answer.status == .badRequest && answer.refusal != nil)
        }
        #expect(try await Self.reported(client, member).count == 5)
    }

    @Test func textsOfRefusals_AreThoseOfTheOriginal() async throws {
        let client = try await ManagementClient()
        let fleet = DeviceFleet(client)
        let member = try await fleet.join(#"{"mac":"1"}"#)
        let type = try await fleet.report(member, #"[{"name":"x","value":false}]"#)
        #expect(type.refusal == "value: supported types are string, float64, and arrays thereof")
        let many = (0..<101).map { #"{"name":"n\#($0)","value":"x"}"# }.joined(separator: ",")
        let answer = try await fleet.report(member, "[\(many)]")
        #expect(answer.status == .badRequest)
        #expect(answer.refusal == "the number of attributes in the scope is above the limit")
    }

    @Test func hundredAttributes_AreTheMost_AlsoByMerging() async throws {
        let client = try await ManagementClient()
        let fleet = DeviceFleet(client)
        let member = try await fleet.join(#"{"mac":"1"}"#)
        let full = (0..<100).map { #"{"name":"n\#($0)","value":"x"}"# }.joined(separator: ",")
        #expect(try await fleet.report(member, "[\(full)]").status == .ok)
        #expect(try await fleet.report(member, #"[{"name":"n7","value":"y"}]"#, .patch).status == .ok)
        #expect(try await fleet.report(member, #"[{"name":"new","value":"y"}]"#, .patch).status == .badRequest)
        #expect(try await Self.reported(client, member).count == 100)
    }

    @Test func noTokenOrAUsersToken_IsRefused() async throws {
        let client = try await ManagementClient()
        let fleet = DeviceFleet(client)
        let user = try await client.person("root", .admin)
        for token in ["", "x", user] {
            let stranger = DeviceFleet.Member(id: "", deviceID: "", token: token)
            let answer = try await fleet.report(stranger, Self.body)
            #expect(answer.status == .unauthorized && answer.refusal != nil)
        }
        let member = try await fleet.join(#"{"mac":"1"}"#)
        let device = try await client.send(.get, "v1/inventory/devices", token: member.token)
        #expect(device.status == .unauthorized)
    }

    @Test func unchangedReport_IsWrittenOncePerHour() async throws {
        let client = try await ManagementClient()
        let fleet = DeviceFleet(client)
        let member = try await fleet.join(#"{"mac":"1"}"#)
        try await fleet.report(member, Self.body)
        let first = try await client.rooms.inventory.inventory(of: member.deviceID)
        client.rig.clock.advance(by: 1800)
        // Another order is the same report.
        try await fleet.report(
            member,
            #"[{"name":"mem","value":"512","description":"MB"},{"name":"ip","value":["10.0.0.1","10.0.0.2"]},"#
                + #"{"name":"device_type","value":"qemu"},{"name":"load","value":[0.5,1e2]},{"name":"cpus","value":4}]"#
        )
        try await fleet.report(member, #"[{"name":"cpus","value":4}]"#, .patch)
        #expect(try await client.rooms.inventory.inventory(of: member.deviceID) == first)
        client.rig.clock.advance(by: 1800)
        try await fleet.report(member, Self.body)
        let later = try await client.rooms.inventory.inventory(of: member.deviceID)
        #expect(later.updatedAt == first.updatedAt + 3600)
        #expect(
            later.attributes.filter { $0.scope == .inventory } == first.attributes.filter { $0.scope == .inventory })
    }

    @Test func namesThatMeanHarm_AreKeptAsTheyAre() async throws {
        let client = try await ManagementClient()
        let fleet = DeviceFleet(client)
        let token = try await client.person("root", .admin)
        let member = try await fleet.join(#"{"<b>":"</script>","mac":"a\u0000b"}"#)
        let names = [
            "<script>alert(1)</script>", "a\u{0}b", "a", "'; DROP TABLE attribute; --", "\u{1B}[2J", "é\u{202E}x",
        ]
        let report = JSONValue.array(
            names.map {
                .object([.init("name", .string($0)), .init("value", .string($0)), .init("description", .string($0))])
            })
        let put = try await fleet.report(member, String(decoding: report.encoded(), as: UTF8.self))
        #expect(put.status == .ok)
        let shown = try await client.send(.get, "v1/inventory/devices/\(member.id)", token: token)
        #expect(!shown.text.contains("<script>") && shown.headers[.contentType] == "application/json")
        let attributes = try #require(shown.json["attributes"]?.array).filter { $0["scope"]?.string == "inventory" }
        #expect(attributes.count == names.count)
        for name in names {
            let found = try #require(attributes.first { $0["name"]?.string?.utf8.elementsEqual(name.utf8) ?? false })
            #expect(found["value"]?.string == name && found["description"]?.string == name)
        }
        let search = #"{"filters":[{"scope":"inventory","attribute":"a\u0000b","type":"$eq","value":"a\u0000b"}]}"#
        let hit = try await client.send(.post, "v2/inventory/filters/search", search, token: token)
        #expect(hit.headers[HTTPField.Name("X-Total-Count") ?? .via] == "1")
    }

    @Test(.timeLimit(.minutes(2))) func hostileSizes_AreRefusedInTime() async throws {
        let client = try await ManagementClient()
        let fleet = DeviceFleet(client)
        let member = try await fleet.join(#"{"mac":"1"}"#)
        let many = (0..<10_000).map { #"{"name":"n\#($0)","value":"x"}"# }.joined(separator: ",")
        let bodies: [(String, HTTPResponse.Status)] = [
            ("[\(many)]", .badRequest), (String(repeating: "[", count: 1 << 20), .badRequest),
            (String(repeating: #"[{"name":"#, count: 100_000), .badRequest),
            ("[" + String(repeating: "1,", count: 500_000) + "1]", .badRequest),
            (#"[{"name":"x","value":"\#(String(repeating: "v", count: 1 << 20))"}]"#, .contentTooLarge),
            (String(repeating: " ", count: 2 << 20), .contentTooLarge),
        ]
        for (body, status) in bodies {
            let answer = try await fleet.report(member, body)
            #expect(answer.status == status && answer.refusal != nil)
        }
        #expect(try await Self.reported(client, member).isEmpty)
    }

    @Test func attributesOfOneDevice_AreBoundedInBytes() async throws {
        let client = try await ManagementClient()
        let fleet = DeviceFleet(client)
        let member = try await fleet.join(#"{"mac":"1"}"#)
        let large = String(repeating: "v", count: 600_000)
        #expect(try await fleet.report(member, #"[{"name":"a","value":"\#(large)"}]"#, .patch).status == .ok)
        let second = try await fleet.report(member, #"[{"name":"b","value":"\#(large)"}]"#, .patch)
        #expect(second.status == .badRequest)
        #expect(try await Self.reported(client, member).count == 1)
    }

    @Test func configuration_GoesBothWays() async throws {
        let client = try await ManagementClient()
        let fleet = DeviceFleet(client)
        let token = try await client.person("op", .operator)
        let viewer = try await client.person("eye", .viewer)
        let member = try await fleet.join(#"{"mac":"1"}"#)
        let path = "v1/deviceconfig/configurations/device/"
        #expect(try await fleet.send(.get, "deviceconfig/configuration", as: member).text == "{}")
        let empty = try await client.send(.get, path + member.id, token: viewer)
        #expect(empty.json["configured"]?.members?.isEmpty == true && empty.json["id"]?.string == member.id)
        let wanted = #"{"timezone":"UTC","a":"<b>"}"#
        #expect(try await client.send(.put, path + member.id, wanted, token: viewer).status == .forbidden)
        #expect(try await client.send(.put, path + member.id, wanted, token: token).status == .noContent)
        let fetched = try await fleet.send(.get, "deviceconfig/configuration", as: member)
        #expect(fetched.json["timezone"]?.string == "UTC" && fetched.json["a"]?.string == "<b>")
        let reported = try await fleet.send(.put, "deviceconfig/configuration", #"{"timezone":"CET"}"#, as: member)
        #expect(reported.status == .noContent)
        let both = try await client.send(.get, path + member.id, token: token)
        #expect(both.json["configured"]?["timezone"]?.string == "UTC")
        #expect(both.json["reported"]?["timezone"]?.string == "CET")
        #expect(both.json["updated_ts"]?.string != nil && both.json["reported_ts"]?.string != nil)
        #expect(try await client.send(.get, path + UniqueID.make(), token: token).status == .notFound)
        let long = String(repeating: "v", count: 4097)
        let keys = (0..<101).map { #""k\#($0)":"v""# }.joined(separator: ",")
        for bad in ["[]", #"{"a":1}"#, #"{"a":{"b":"c"}}"#, #"{"":"x"}"#, #"{"a":"\#(long)"}"#, "{\(keys)}"] {
            #expect(try await client.send(.put, path + member.id, bad, token: token).status == .badRequest)
            #expect(
                try await fleet.send(.put, "deviceconfig/configuration", bad, as: member).status == .badRequest)
        }
    }
}
