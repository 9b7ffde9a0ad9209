import Devices
internal import Encoding
internal import Filters
import Foundation
import HTTPTypes
import HubHTTP
import Issuing
internal import Journal
internal import People
internal import Rooms
internal import RouteTestSupport
import Testing
import Wire

/// docs/protocols/mender.md 12.3, row by row.
@Suite struct InventoryRoutesTests {
    private static let devices = "v1/inventory/devices"
    private static let search = "v2/inventory/filters/search"

    private typealias Site = InventorySite

    private static func total(_ answer: RouteClient.Answer) -> String? {
        answer.headers[HTTPField.Name("X-Total-Count") ?? .via]
    }

    private static func link(_ answer: RouteClient.Answer) -> String? {
        answer.headers[HTTPField.Name("Link") ?? .via]
    }

    @Test func device_IsShownWithAllScopes() async throws {
        let site = try await Site()
        let member = site.members[0]
        let answer = try await site.send(.get, "\(Self.devices)/\(member.id)")
        #expect(answer.status == .ok && answer.headers[.eTag] != nil)
        #expect(answer.json["id"]?.string == member.id && answer.json["updated_ts"]?.string != nil)
        let attributes = answer.json["attributes"]?.array ?? []
        func value(_ scope: String, _ name: String) -> JSONValue? {
            attributes.first { $0["scope"]?.string == scope && $0["name"]?.string == name }?["value"]
        }
        #expect(value("inventory", "mem") == .number("512"))
        #expect(value("identity", "mac")?.string == "02:00:00:00:00:01")
        #expect(value("identity", "status")?.string == "accepted")
        #expect(value("system", "created_ts")?.string != nil && value("system", "group") == nil)
        #expect(attributes.allSatisfy { $0["timestamp"]?.string?.hasSuffix("Z") ?? false })
        for unknown in [UniqueID.make(), "x", "%00", "%3Cb%3E"] {
            let refused = try await site.send(.get, "\(Self.devices)/\(unknown)")
            #expect([.notFound, .badRequest].contains(refused.status) && refused.refusal != nil)
        }
    }

    @Test(
        arguments: [
            ("", [0, 1, 2]), ("inventory/os=debian", [0, 1]), ("os=debian", [0, 1]), ("os=eq:yocto", [2]),
            ("mem=1024", [1]), ("release=12", [2]), ("identity/mac=02:00:00:00:00:02", [1]), ("ip=10.0.0.3", [2]),
            ("os=debian&release=11", [1]), ("has_group=false", [0, 1, 2]), ("has_group=true", []), ("group=g", []),
            ("identity/status=accepted", [0, 1, 2]), ("none=x", []), ("os=deb%69an", [0, 1]),
        ] as [(String, [Int])])
    func listing_TakesFilters(query: String, places: [Int]) async throws {
        let site = try await Site()
        let answer = try await site.send(.get, "\(Self.devices)?\(query)")
        #expect(answer.status == .ok && site.places(answer).sorted() == places)
        #expect(Self.total(answer) == "\(places.count)")
    }

    @Test func listing_HasPagesAndOrder() async throws {
        let site = try await Site()
        let first = try await site.send(.get, "\(Self.devices)?sort=mem:desc&per_page=2&os=debian&x%3Cy=")
        #expect(site.places(first) == [] && Self.total(first) == "0")
        let page = try await site.send(.get, "\(Self.devices)?sort=mem:desc&per_page=2")
        #expect(site.places(page) == [2, 1] && Self.total(page) == "3")
        let base = "/api/management/v1/inventory/devices?sort=mem:desc"
        #expect(
            Self.link(page) == "<\(base)&page=1&per_page=2>; rel=\"first\", <\(base)&page=2&per_page=2>; rel=\"next\"")
        let second = try await site.send(.get, "\(Self.devices)?page=2&sort=mem:desc&per_page=2")
        #expect(site.places(second) == [0])
        #expect(
            Self.link(second) == "<\(base)&page=1&per_page=2>; rel=\"first\", <\(base)&page=1&per_page=2>; rel=\"prev\""
        )
        #expect(try await site.places(site.send(.get, "\(Self.devices)?sort=identity/mac:asc")) == [0, 1, 2])
        let far = try await site.send(.get, "\(Self.devices)?page=4000000")
        #expect(far.status == .ok && far.json.array?.isEmpty == true)
    }

    @Test(arguments: [
        "per_page=0", "per_page=x", "page=0", "page=-1", "page=9223372036854775807", "sort=mem:up", "has_group=yes",
        "os=%zz", "os=%00", "inventory/=x",
    ])
    func badQuery_IsRefused(query: String) async throws {
        let site = try await Site()
        let answer = try await site.send(.get, "\(Self.devices)?\(query)")
        #expect(answer.status == .badRequest && answer.refusal != nil)
    }

    @Test(arguments: ["v1/inventory/groups/NAME/devices", "v1/deployments/deployments/group/NAME"])
    func nameThatIsTooLongForAnyGroup_IsRefused(path: String) async throws {
        let site = try await Site()
        let name = String(repeating: "g", count: 5000)
        let answer = try await site.send(
            path.contains("inventory") ? .get : .post, path.replacing("NAME", with: name),
            path.contains("inventory") ? "" : #"{"name":"d","artifact_name":"a"}"#)
        #expect((400..<500).contains(answer.status.code) && answer.refusal != nil, "\(answer.status)")
        #expect(!path.contains("inventory") || answer.status == .badRequest)
    }

    @Test func tooLargePage_IsRefusedInTheOriginalsWords() async throws {
        let site = try await Site()
        let answer = try await site.send(.get, "\(Self.devices)?per_page=501")
        #expect(answer.status == .badRequest)
        #expect(answer.refusal == #"parameter "per_page" above limit (max: 500)"#)
    }

    private static func term(_ scope: String, _ name: String, _ type: String, _ value: String) -> String {
        #"{"scope":"\#(scope)","attribute":"\#(name)","type":"\#(type)","value":\#(value)}"#
    }

    @Test(
        arguments: [
            (term("inventory", "os", "$eq", #""debian""#), [0, 1]), (term("inventory", "os", "$ne", #""debian""#), [2]),
            (term("inventory", "mem", "$eq", "512"), [0]), (term("inventory", "mem", "$eq", "512.0"), [0]),
            (term("inventory", "mem", "$eq", #""512""#), []), (term("inventory", "none", "$ne", #""x""#), [0, 1, 2]),
            (term("inventory", "os", "$in", #"["yocto","x"]"#), [2]),
            (term("inventory", "os", "$nin", #"["yocto","x"]"#), [0, 1]),
            (term("inventory", "mem", "$in", "[512,1536]"), [0, 2]),
            (term("inventory", "mem", "$gt", "512"), [1, 2]), (term("inventory", "mem", "$gte", "512"), [0, 1, 2]),
            (term("inventory", "mem", "$lt", "1024"), [0]), (term("inventory", "mem", "$lte", "1024"), [0, 1]),
            (term("inventory", "release", "$gt", #""10""#), [1, 2]), (term("inventory", "release", "$gt", "10"), []),
            (term("inventory", "os", "$exists", "true"), [0, 1, 2]), (term("inventory", "os", "$exists", "false"), []),
            (term("inventory", "none", "$exists", "false"), [0, 1, 2]),
            (term("inventory", "os", "$regex", #""^deb.*n$""#), [0, 1]),
            (term("inventory", "ip", "$eq", #""10.0.0.2""#), [1]),
            (term("inventory", "ip", "$eq", #"["10.0.0.2","::1"]"#), [1]),
            (term("inventory", "ip", "$regex", #""0\\.[13]$""#), [0, 2]),
            (term("identity", "mac", "$regex", #""3$""#), [2]),
            (term("identity", "status", "$eq", #""accepted""#), [0, 1, 2]),
            (term("system", "created_ts", "$gt", #""2020""#), [0, 1, 2]),
            (term("system", "group", "$exists", "false"), [0, 1, 2]), (term("tags", "site", "$eq", #""x""#), []),
        ] as [(String, [Int])])
    func search_KnowsEveryType(term: String, places: [Int]) async throws {
        let site = try await Site()
        let answer = try await site.send(.post, Self.search, #"{"page":1,"per_page":10,"filters":[\#(term)]}"#)
        #expect(answer.status == .ok && site.places(answer).sorted() == places)
        #expect(Self.total(answer) == "\(places.count)")
    }

    @Test func search_SortsProjectsAndPages() async throws {
        let site = try await Site()
        let body = """
            {"per_page":2,"sort":[{"scope":"inventory","attribute":"os","order":"asc"},
             {"scope":"inventory","attribute":"mem","order":"desc"}],
             "attributes":[{"scope":"inventory","attribute":"os"}]}
            """
        let answer = try await site.send(.post, Self.search, body)
        #expect(site.places(answer) == [1, 0] && Self.total(answer) == "3")
        let attributes = answer.json.array?.first?["attributes"]?.array
        #expect(attributes?.count == 1 && attributes?.first?["name"]?.string == "os")
        let ids = #"{"device_ids":["\#(site.members[2].id)","x"]}"#
        #expect(site.places(try await site.send(.post, Self.search, ids)) == [2])
        #expect(site.places(try await site.send(.post, Self.search, #"{"text":"YOCT"}"#)) == [2])
        #expect(site.places(try await site.send(.post, Self.search, #"{"text":"%"}"#)) == [])
        #expect(site.places(try await site.send(.post, Self.search, #"{"text":"00:02"}"#)) == [1])
    }

    @Test(arguments: [
        "", "[]", #"{"per_page":501}"#, #"{"page":0}"#, #"{"page":"1"}"#, #"{"filters":{}}"#, #"{"filters":[1]}"#,
        #"{"filters":[\#(term("x", "os", "$eq", "1"))]}"#, #"{"filters":[\#(term("inventory", "", "$eq", "1"))]}"#,
        #"{"filters":[\#(term("inventory", "os", "$ltne", "1"))]}"#,
        #"{"filters":[\#(term("inventory", "os", "$eq", "null"))]}"#,
        #"{"filters":[\#(term("inventory", "os", "$in", "1"))]}"#,
        #"{"filters":[\#(term("inventory", "os", "$gt", "[1]"))]}"#,
        #"{"filters":[\#(term("inventory", "os", "$exists", "1"))]}"#,
        #"{"filters":[\#(term("inventory", "os", "$regex", "\"(\""))]}"#,
        #"{"filters":[\#(term("inventory", "os", "$regex", "\"(a{99}){99}\""))]}"#,
        #"{"sort":[{"scope":"inventory","attribute":"os","order":"up"}]}"#, #"{"attributes":[{}]}"#,
        #"{"device_ids":[1]}"#,
        "{\"filters\":[\((0..<21).map { _ in term("inventory", "os", "$eq", "1") }.joined(separator: ","))]}",
    ])
    func badSearch_IsRefused(body: String) async throws {
        let client = try await ManagementClient()
        let token = try await client.person("eye", .viewer)
        let answer = try await client.send(.post, Self.search, body, token: token)
        #expect(answer.status == .badRequest && answer.refusal != nil)
    }

    @Test func tags_AreWrittenUnderATag() async throws {
        let site = try await Site()
        let path = "\(Self.devices)/\(site.members[0].id)"
        let tag = try #require(try await site.send(.get, path).headers[.eTag])
        let put = try await site.send(
            .put, path + "/tags", #"[{"name":"site","value":"north","description":"where"}]"#, headers: [.ifMatch: tag])
        #expect(put.status == .ok)
        let stale = try await site.send(.put, path + "/tags", "[]", headers: [.ifMatch: tag])
        #expect(stale.status == .preconditionFailed && stale.refusal != nil)
        let patch = try await site.send(.patch, path + "/tags", #"[{"name":"row","value":"7"}]"#)
        #expect(patch.status == .ok)
        #expect(try await site.places(site.send(.get, "\(Self.devices)?tags/site=north&tags/row=7")) == [0])
        // A report leaves tags alone.
        try await site.fleet.report(site.members[0], "[]")
        #expect(try await site.places(site.send(.get, "\(Self.devices)?tags/site=north")) == [0])
        #expect(try await site.send(.put, path + "/tags", "[]").status == .ok)
        #expect(try await site.places(site.send(.get, "\(Self.devices)?tags/site=north")) == [])
        #expect(try await site.send(.put, "\(Self.devices)/\(UniqueID.make())/tags", "[]").status == .notFound)
        let many = (0..<21).map { #"{"name":"t\#($0)","value":"x"}"# }
        for bad in [
            #"[{"name":"a","value":1}]"#, #"[{"name":"a","value":["x"]}]"#, "{}", "[\(many.joined(separator: ","))]",
        ] {
            #expect(try await site.send(.put, path + "/tags", bad).status == .badRequest)
        }
        #expect(try await site.send(.put, path + "/tags", "[\(many.dropLast().joined(separator: ","))]").status == .ok)
        #expect(try await site.send(.patch, path + "/tags", #"[{"name":"new","value":"x"}]"#).status == .badRequest)
    }

    @Test func groups_ExistWhileTheyHaveMembers() async throws {
        let site = try await Site()
        let path = "\(Self.devices)/\(site.members[0].id)"
        #expect(try await site.send(.get, path + "/group").json["group"]?.string == "")
        #expect(try await site.send(.put, path + "/group", #"{"group":"north"}"#).status == .noContent)
        #expect(try await site.send(.get, path + "/group").json["group"]?.string == "north")
        #expect(try await site.send(.get, "v1/inventory/groups").text == #"["north"]"#)
        #expect(try await site.places(site.send(.get, "\(Self.devices)?group=north")) == [0])
        #expect(try await site.places(site.send(.get, "\(Self.devices)?has_group=true")) == [0])
        #expect(try await Set(site.places(site.send(.get, "\(Self.devices)?has_group=false"))) == [1, 2])
        #expect(try await site.places(site.send(.get, "\(Self.devices)?system/group=north")) == [0])
        // In one group at most.
        #expect(try await site.send(.put, path + "/group", #"{"group":"south"}"#).status == .noContent)
        #expect(try await site.send(.get, "v1/inventory/groups").text == #"["south"]"#)
        #expect(try await site.send(.delete, path + "/group/north").status == .notFound)
        #expect(try await site.send(.delete, path + "/group/south").status == .noContent)
        #expect(try await site.send(.get, "v1/inventory/groups").text == "[]")
        for bad in [
            #"{"group":""}"#, #"{"group":"a b"}"#, #"{"group":"<b>"}"#, #"{"group":1}"#, "{}", "[]",
            #"{"group":"\#(String(repeating: "g", count: 1025))"}"#,
        ] {
            #expect(try await site.send(.put, path + "/group", bad).status == .badRequest)
        }
        let nobody = "\(Self.devices)/\(UniqueID.make())/group"
        #expect(try await site.send(.put, nobody, #"{"group":"north"}"#).status == .notFound)
        #expect(try await site.send(.get, nobody).status == .notFound)
    }

    @Test func manyDevices_AreGroupedAtOnce() async throws {
        let site = try await Site()
        let path = "v1/inventory/groups/north/devices"
        let two = #"["\#(site.members[0].id)","\#(site.members[1].id)","\#(UniqueID.make())"]"#
        #expect(try await site.send(.patch, path, two).text == #"{"matched_count":2,"updated_count":2}"#)
        #expect(try await site.send(.patch, path, two).text == #"{"matched_count":2,"updated_count":0}"#)
        let listed = try await site.send(.get, path + "?per_page=1")
        #expect(listed.json.array?.count == 1 && Self.total(listed) == "2")
        #expect(Self.link(listed)?.contains("rel=\"next\"") == true)
        let removed = try await site.send(.delete, path, #"["\#(site.members[0].id)"]"#)
        #expect(removed.status == .ok && removed.text == #"{"updated_count":1}"#)
        #expect(try await site.send(.delete, "v1/inventory/groups/north").text == #"{"updated_count":1}"#)
        #expect(try await site.send(.get, "v1/inventory/groups").text == "[]")
        for bad in ["", "{}", "[1]"] {
            #expect(try await site.send(.patch, path, bad).status == .badRequest)
            #expect(try await site.send(.delete, path, bad).status == .badRequest)
        }
        #expect(try await site.send(.patch, "v1/inventory/groups/a%20b/devices", two).status == .badRequest)
    }

    @Test func dynamicGroup_FollowsItsFilter() async throws {
        let site = try await Site()
        let filter = try InventoryFilter([try InventoryFilter.Term(text: "inventory.os=debian")])
        try await site.client.rooms.inventory.addGroup("debs", filter: filter, by: .hub)
        let path = "v1/inventory/groups/debs/devices"
        #expect(try await Set(site.places(site.send(.get, path))) == [0, 1])
        try await site.fleet.report(site.members[1], #"[{"name":"os","value":"yocto"}]"#)
        #expect(try await site.places(site.send(.get, path)) == [0])
        #expect(try await site.client.rooms.inventory.devices(inGroup: "debs") == [site.members[0].deviceID])
        let one = #"["\#(site.members[2].id)"]"#
        #expect(try await site.send(.patch, path, one).status == .conflict)
        #expect(try await site.send(.delete, path, one).status == .conflict)
        let group = #"{"group":"debs"}"#
        let put = try await site.send(.put, "\(Self.devices)/\(site.members[2].id)/group", group)
        #expect(put.status == .conflict && put.refusal != nil)
        #expect(try await site.send(.delete, "v1/inventory/groups/debs").text == #"{"updated_count":0}"#)
        #expect(try await site.client.rooms.inventory.devices(inGroup: "debs").isEmpty)
    }

    @Test func attributesAndStatistics_AreCounted() async throws {
        let site = try await Site()
        try await site.fleet.ask(#"{"mac":"pending"}"#)
        let names = try await site.send(.get, "v2/inventory/filters/attributes").json.array ?? []
        func count(_ scope: String, _ name: String) -> Int64? {
            names.first { $0["scope"]?.string == scope && $0["name"]?.string == name }?["count"]?.integer
        }
        #expect(count("inventory", "os") == 3 && count("identity", "mac") == 4)
        let states = try await site.send(.get, "v2/inventory/statistics").json["devices_by_status"]
        #expect(states?["accepted"]?["standard"]?.integer == 3 && states?["accepted"]?["micro"]?.integer == 0)
        #expect(states?["pending"]?["micro"]?.integer == 1 && states?["pending"]?["system"]?.integer == 0)
    }

    @Test func removedInventory_LeavesTheDevice() async throws {
        let site = try await Site()
        let path = "\(Self.devices)/\(site.members[0].id)"
        #expect(try await site.send(.delete, path).status == .noContent)
        #expect(try await site.send(.delete, "\(Self.devices)/\(UniqueID.make())").status == .noContent)
        let left = try await site.send(.get, path).json["attributes"]?.array ?? []
        #expect(!left.isEmpty && !left.contains { $0["scope"]?.string == "inventory" })
    }

    @Test func decommissionedDevice_IsForgotten() async throws {
        let site = try await Site()
        let member = site.members[0]
        _ = try await site.send(.put, "\(Self.devices)/\(member.id)/group", #"{"group":"north"}"#)
        try await site.client.rig.issuer.remove(deviceID: member.deviceID, by: .hub)
        #expect(try await site.send(.get, "\(Self.devices)/\(member.id)").status == .notFound)
        #expect(try await site.send(.get, "v1/inventory/groups").text == "[]")
        #expect(try await site.client.rooms.inventory.devices(matching: .all, onlyIdentified: false).count == 3)
        let left = try await site.client.rooms.inventory.inventory(of: member.deviceID).attributes
        #expect(!left.contains { $0.scope == .inventory })
    }

    @Test func viewers_ReadAndNothingElse() async throws {
        let site = try await Site()
        let viewer = try await site.client.person("eye", .viewer)
        let id = site.members[0].id
        let calls: [(HTTPRequest.Method, String)] = [
            (.delete, "\(Self.devices)/\(id)"), (.put, "\(Self.devices)/\(id)/tags"),
            (.patch, "\(Self.devices)/\(id)/tags"), (.put, "\(Self.devices)/\(id)/group"),
            (.delete, "\(Self.devices)/\(id)/group/g"), (.delete, "v1/inventory/groups/g"),
            (.patch, "v1/inventory/groups/g/devices"), (.delete, "v1/inventory/groups/g/devices"),
        ]
        for (method, path) in calls {
            let answer = try await site.client.send(method, path, "[]", token: viewer)
            #expect(answer.status == .forbidden && answer.refusal != nil)
        }
        for path in [Self.devices, "v1/inventory/groups", "v2/inventory/statistics", "v2/inventory/filters/attributes"]
        {
            #expect(try await site.client.send(.get, path, token: viewer).status == .ok)
        }
    }
}
