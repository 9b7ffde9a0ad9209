import Devices
internal import Encoding
import HTTPTypes
import HubHTTP
internal import Journal
internal import JournalTestSupport
internal import RouteTestSupport
import Testing

/// docs/protocols/mender.md 12.5, row by row.
@Suite struct DeploymentRoutesTests {
    private static let deployments = "v1/deployments/deployments"

    @Test func deployment_IsShownAsItWasMade() async throws {
        let clock = ManualClock(at: 1_790_000_000)
        let site = try await UpdateSite(clock: clock)
        let devices = [try await site.device(1), try await site.device(2)]
        let artifact = try await site.upload(try UpdateSite.artifact("rel-1"))
        let start = RFC3339.text(clock.now + 3600)
        let id = try await site.deploy(
            "rel-1", to: devices, name: "name <b>",
            more: #"""
                ,"retries":2,"force_installation":true,"phases":[{"batch_size":50,"start_ts":"\#(start)"},{}],
                "stop":{"failure_percent":10,"after_devices":5},"unknown":1
                """#)
        let shown = try await site.shown(id)
        #expect(shown["id"]?.string == id)
        #expect(shown["name"]?.string == "name <b>")
        #expect(shown["artifact_name"]?.string == "rel-1")
        #expect(shown["status"]?.string == "scheduled")
        #expect(shown["created"]?.string == RFC3339.text(clock.now))
        #expect(shown["finished"] == nil)
        #expect(shown["device_count"]?.integer == 2)
        #expect(shown["max_devices"]?.integer == 2)
        #expect(shown["initial_device_count"]?.integer == 2)
        #expect(shown["artifacts"]?.array == [.string(artifact)])
        #expect(shown["groups"]?.array == [])
        #expect(shown["type"]?.string == "software")
        #expect(shown["force_installation"]?.bool == true)
        #expect(shown["retries"]?.integer == 2)
        #expect(shown["phases"]?.array?.count == 2)
        #expect(shown["phases"]?.array?[0]["start_ts"]?.string == start)
        #expect(shown["phases"]?.array?.map { $0["device_count"]?.integer } == [1, 1])
        #expect(shown["statistics"]?["total_size"]?.integer == 0)
        let counts = shown["statistics"]?["status"]
        let names = [
            "success", "pending", "failure", "downloading", "installing", "rebooting", "noartifact",
            "already-installed",
            "aborted", "pause_before_installing", "pause_before_rebooting", "pause_before_committing", "decommissioned",
        ]
        #expect(Set(counts?.members?.map(\.name) ?? []) == Set(names))
        #expect(counts?["pending"]?.integer == 2)
        clock.advance(by: 3600)
        #expect(try await site.shown(id)["status"]?.string == "pending")
    }

    private static let creatingRows: [(String, Int)] = [
        ("", 400), ("[]", 400), ("{}", 400), (#"{"name":"a","artifact_name":"rel-1"}"#, 400),
        (#"{"artifact_name":"rel-1","devices":["ID"]}"#, 400),
        (#"{"name":"","artifact_name":"rel-1","devices":["ID"]}"#, 400),
        (#"{"name":"a","devices":["ID"]}"#, 400), (#"{"name":"a","artifact_name":"rel-1","devices":[]}"#, 400),
        (#"{"name":"a","artifact_name":"rel-1","devices":[1]}"#, 400),
        (#"{"name":"a","artifact_name":"rel-1","devices":"ID"}"#, 400),
        (#"{"name":"a","artifact_name":"rel-1","devices":["nobody"]}"#, 400),
        (#"{"name":"a","artifact_name":"rel-1","devices":["ID"],"all_devices":true}"#, 400),
        (#"{"name":"a","artifact_name":"rel-1","all_devices":false}"#, 400),
        (#"{"name":"a","artifact_name":"rel-1","all_devices":"true"}"#, 400),
        (#"{"name":"a","artifact_name":"rel-1","devices":["ID"],"phases":{}}"#, 400),
        (#"{"name":"a","artifact_name":"rel-1","devices":["ID"],"phases":[1]}"#, 400),
        (#"{"name":"a","artifact_name":"rel-1","devices":["ID"],"phases":[{"batch_size":10,"start_ts":"x"}]}"#, 400),
        (#"{"name":"a","artifact_name":"rel-1","devices":["ID"],"phases":[{"batch_size":10,"start_ts":1}]}"#, 400),
        (#"{"name":"a","artifact_name":"rel-1","devices":["ID"],"phases":[{},{"batch_size":10}]}"#, 400),
        (#"{"name":"a","artifact_name":"rel-1","devices":["ID"],"phases":[{"batch_size":"10"}]}"#, 400),
        (#"{"name":"a","artifact_name":"rel-1","devices":["ID"],"retries":-1}"#, 400),
        (#"{"name":"a","artifact_name":"rel-1","devices":["ID"],"retries":"1"}"#, 400),
        (#"{"name":"a","artifact_name":"rel-1","devices":["ID"],"max_devices":-1}"#, 400),
        (#"{"name":"a","artifact_name":"rel-1","devices":["ID"],"force_installation":"yes"}"#, 400),
        (#"{"name":"a","artifact_name":"rel-1","devices":["ID"],"stop":{}}"#, 400),
        (#"{"name":"a","artifact_name":"rel-1","filter":[]}"#, 400),
        (#"{"name":"a","artifact_name":"rel-9","devices":["ID"]}"#, 422),
        (#"{"name":"a","artifact_name":"rel-1","all_devices":true}"#, 201),
        (#"{"name":"c","artifact_name":"rel-1","devices":["ID","ID"],"max_devices":0,"phases":null}"#, 201),
    ]

    @Test func creating_IsRefusedOrNot() async throws {
        let site = try await UpdateSite()
        let device = try await site.device()
        try await site.upload(try UpdateSite.artifact("rel-1"))
        let id = try await site.id(device)
        for (body, status) in Self.creatingRows {
            for path in [Self.deployments, "v2/deployments/deployments"] {
                let name = path.hasPrefix("v2") ? "\"name\":\"b" : "\"name\":\""
                let text = body.replacing("ID", with: id).replacing(
                    "\"name\":\"", with: body.contains(#""name":"""#) ? "\"name\":\"" : name)
                let answer = try await site.send(.post, path, text)
                #expect(answer.status.code == status, "\(answer.text)")
                #expect((answer.refusal != nil) == (status != 201))
                if status == 201 {
                    #expect(answer.headers[.location]?.hasPrefix("/api/management/v1/deployments/deployments/") == true)
                } else {
                    #expect(try await site.send(.get, Self.deployments).json == .array([]))
                }
            }
        }
    }

    /// In the original nothing else is looked at first, whoever it is for.
    @Test func releaseThatIsNotThere_IsUnprocessable_WhoeverItIsFor() async throws {
        let site = try await UpdateSite()
        let id = try await site.id(try await site.device())
        for target in [
            #""devices":["\#(id)"]"#, #""devices":["\#(UniqueID.make())"]"#, #""devices":["nobody"]"#,
            #""all_devices":true"#,
        ] {
            for path in [Self.deployments, "v2/deployments/deployments"] {
                let answer = try await site.send(.post, path, #"{"name":"a","artifact_name":"none",\#(target)}"#)
                #expect(answer.status == .unprocessableContent, "\(target)")
                #expect(answer.refusal == "No artifact for the deployment")
            }
        }
    }

    @Test func lastWordOfADevice_StaysAfterTheSuccess() async throws {
        let site = try await UpdateSite()
        let device = try await site.device()
        try await site.upload(try UpdateSite.artifact("rel-1"))
        let id = try await site.deploy("rel-1", to: [device])
        _ = try await device.next()
        try await device.report("downloading", id)
        try await device.report("installing", id, substate: "finished executing script: ArtifactInstall_Leave_00")
        try await device.report("installing", id)
        try await device.report("success", id)
        let shown = try await site.send(.get, Self.deployments + "/\(id)/devices").json.array?.first
        #expect(shown?["status"]?.string == "success")
        #expect(shown?["substate"]?.string == "finished executing script: ArtifactInstall_Leave_00")
    }

    @Test func sameDeployment_IsRefusedWhileItIsUnderWay() async throws {
        let site = try await UpdateSite()
        let device = try await site.device()
        try await site.upload(try UpdateSite.artifact("rel-1"))
        let first = try await site.deploy("rel-1", to: [device])
        let id = try await site.id(device)
        let body = #"{"name":"d","artifact_name":"rel-1","devices":["\#(id)"]}"#
        #expect(try await site.send(.post, Self.deployments, body).status == .conflict)
        let path = Self.deployments + "/\(first)/status"
        #expect(try await site.send(.put, path, #"{"status":"aborted"}"#).status == .noContent)
        #expect(try await site.send(.post, Self.deployments, body).status == .created)
    }

    @Test func group_IsATarget() async throws {
        let site = try await UpdateSite()
        let device = try await site.device()
        try await site.upload(try UpdateSite.artifact("rel-1"))
        let id = try await site.id(device)
        #expect(try await site.send(.put, "v1/inventory/devices/\(id)/group", #"{"group":"g"}"#).status == .noContent)
        let path = Self.deployments + "/group/"
        let body = #"{"name":"d","artifact_name":"rel-1"}"#
        let answer = try await site.send(.post, path + "g", body)
        #expect(answer.status == .created)
        let made = try #require(answer.headers[.location]?.split(separator: "/").last)
        #expect(try await site.shown(String(made))["groups"]?.array == [.string("g")])
        let unknown = try await site.send(.post, path + "unknown", body)
        #expect(unknown.status == .notFound && unknown.refusal == "group not found")
        // A group whose members may have no update is there, and reaches nobody.
        try await site.client.set("rejected", of: try await site.client.device(device.identity, site.token), site.token)
        #expect(try await site.send(.post, path + "g", body).status == .badRequest)
        let both = #"{"name":"d","artifact_name":"rel-1","devices":["\#(id)"]}"#
        #expect(try await site.send(.post, path + "g", both).status == .badRequest)
    }

    @Test func listing_IsFilteredSortedAndPaged() async throws {
        let clock = ManualClock(at: 1_790_000_000)
        let site = try await UpdateSite(clock: clock)
        let device = try await site.device()
        try await site.upload(try UpdateSite.artifact("rel-1"))
        try await site.upload(try UpdateSite.artifact("rel_2"))
        var ids: [String] = []
        for (name, artifact) in [("one", "rel-1"), ("two", "rel_2"), ("three", "rel-1")] {
            ids.append(try await site.deploy(artifact, to: [device], name: name))
            clock.advance(by: 100)
        }
        try await device.next()
        try await device.report("success", ids[0])
        try await device.next()
        try await device.report("installing", ids[1])
        let start = clock.now - 300
        func names(_ query: String, _ version: String = "v1") async throws -> [String] {
            let answer = try await site.send(.get, "\(version)/deployments/deployments?\(query)")
            #expect(answer.status == .ok, "\(query)")
            return answer.json.array?.compactMap { $0["name"]?.string } ?? []
        }
        for version in ["v1", "v2"] { #expect(try await names("", version) == ["three", "two", "one"]) }
        #expect(try await names("sort=asc") == ["one", "two", "three"])
        #expect(try await names("status=pending") == ["three"])
        #expect(try await names("status=inprogress") == ["two"])
        #expect(try await names("status=finished") == ["one"])
        #expect(try await names("search=rel-1") == ["three", "one"])
        #expect(try await names("search=o") == ["two", "one"])
        #expect(try await names("search=%25") == [])
        #expect(try await names("search=l_2") == ["two"])
        #expect(try await names("search=l_1") == [])
        #expect(try await names("name=one", "v2") == ["one"])
        #expect(try await names("id=\(ids[0])&id=\(ids[1])", "v2") == ["two", "one"])
        #expect(try await names("type=software").count == 3)
        #expect(try await names("type=configuration") == [])
        #expect(try await names("created_after=\(start + 50)") == ["three", "two"])
        #expect(try await names("created_before=\(start + 50)") == ["one"])
        for bad in ["status=x", "type=x", "created_after=x", "per_page=501", "page=0"] {
            #expect(try await site.send(.get, Self.deployments + "?\(bad)").status == .badRequest, "\(bad)")
        }
        let page = try await site.send(.get, Self.deployments + "?page=2&per_page=1&search=rel")
        #expect(page.field("X-Total-Count") == "3")
        for relation in ["first", "prev", "next"] {
            #expect(page.field("Link")?.contains(#"rel="\#(relation)""#) == true)
        }
        #expect(page.field("Link")?.contains("search=rel&page=3&per_page=1") == true)
    }

    @Test func statisticsOfSeveral_AreListed() async throws {
        let site = try await UpdateSite()
        let device = try await site.device()
        try await site.upload(try UpdateSite.artifact("rel-1"))
        let id = try await site.deploy("rel-1", to: [device])
        let path = Self.deployments + "/statistics/list"
        let answer = try await site.send(.post, path, #"{"deployment_ids":["\#(id)"]}"#)
        #expect(answer.json.array?.first?["id"]?.string == id)
        #expect(answer.json.array?.first?["stats"]?["pending"]?.integer == 1)
        let many = (0...100).map { _ in "\"\(id)\"" }.joined(separator: ",")
        for bad in ["", "{}", #"{"deployment_ids":[]}"#, #"{"deployment_ids":[1]}"#, #"{"deployment_ids":[\#(many)]}"#]
        {
            #expect(try await site.send(.post, path, bad).status == .badRequest)
        }
        #expect(try await site.send(.post, path, #"{"deployment_ids":["\#(UniqueID.make())"]}"#).status == .notFound)
    }

    @Test func devicesOfADeployment_AreListed_WithTheirHistory() async throws {
        let site = try await UpdateSite()
        let devices = [try await site.device(1), try await site.device(2), try await site.device(3)]
        let artifact = try await site.upload(try UpdateSite.artifact("rel-1"))
        let id = try await site.deploy("rel-1", to: devices, more: #","retries":1"#)
        for device in devices.prefix(2) { try await device.next() }
        try await devices[0].report("installing", id, substate: "text")
        try await devices[1].report("pause_before_rebooting", id)
        let base = Self.deployments + "/\(id)"
        let listed = try await site.send(.get, base + "/devices/list?per_page=1")
        #expect(listed.field("X-Total-Count") == "2")
        #expect(listed.json.array?.count == 1)
        #expect(listed.field("Link")?.contains("next") == true)
        func states(_ status: String) async throws -> [String] {
            try await site.send(.get, base + "/devices?status=\(status)").json.array?.compactMap {
                $0["status"]?.string
            } ?? []
        }
        #expect(try await states("active").contains("installing"))
        #expect(try await states("pause") == ["pause_before_rebooting"])
        #expect(try await states("installing") == ["installing"])
        #expect(try await states("finished") == [])
        #expect(try await site.send(.get, base + "/devices?status=x").status == .badRequest)
        let shown = try #require(
            try await site.send(.get, base + "/devices/list?status=installing").json.array?.first)
        #expect(shown["id"]?.string == (try await site.id(devices[0])))
        #expect(shown["device_type"]?.string == "qemu")
        #expect(shown["log"]?.bool == false)
        #expect(shown["substate"]?.string == "text")
        #expect(shown["attempts"]?.integer == 1)
        #expect(shown["retries"]?.integer == 1)
        #expect(shown["image"]?["id"]?.string == artifact)
        #expect(shown["image"]?["meta_artifact"]?["name"]?.string == "rel-1")
        let ids = try await site.send(.get, base + "/device_list").json.array?.compactMap(\.string) ?? []
        var all: Set<String> = []
        for device in devices { all.insert(try await site.id(device)) }
        #expect(Set(ids) == all)

        let first = try await site.id(devices[0])
        let path = Self.deployments + "/devices/\(first)"
        try await devices[0].report("success", id)
        let history = try await site.send(.get, path).json.array
        #expect(history?.count == 1)
        #expect(history?.first?["id"]?.string == id)
        #expect(history?.first?["deployment"]?["name"]?.string == "d")
        #expect(history?.first?["device"]?["status"]?.string == "success")
        #expect(try await site.send(.get, path + "?status=failure").json.array?.count == 0)
        #expect(try await site.send(.delete, path + "/history").status == .noContent)
        #expect(try await site.send(.get, path).json.array?.count == 0)
        #expect(try await site.statistics(id)["success"] == 1)
        let third = try await site.id(devices[2])
        #expect(try await site.send(.delete, Self.deployments + "/devices/\(third)").status == .noContent)
        #expect(try await site.statistics(id) == ["success": 1, "pause_before_rebooting": 1, "aborted": 1])
        #expect(try await devices[2].next().status == .noContent)
    }

    @Test func whatIsUnknown_IsNotFound() async throws {
        let site = try await UpdateSite()
        let device = try await site.device()
        try await site.upload(try UpdateSite.artifact("rel-1"))
        let id = try await site.deploy("rel-1", to: [device])
        let other = UniqueID.make()
        let rows: [(HTTPRequest.Method, String, String)] = [
            (.get, "/\(other)", ""), (.get, "/nonsense", ""), (.get, "/\(other)/statistics", ""),
            (.get, "/\(other)/devices", ""), (.get, "/\(other)/devices/list", ""), (.get, "/\(other)/device_list", ""),
            (.put, "/\(other)/status", #"{"status":"aborted"}"#), (.get, "/\(id)/devices/\(other)/log", ""),
            (.get, "/\(other)/devices/\(try await site.id(device))/log", ""), (.get, "/devices/\(other)", ""),
            (.delete, "/devices/\(other)", ""), (.delete, "/devices/\(other)/history", ""),
        ]
        for (method, path, body) in rows {
            let answer = try await site.send(method, Self.deployments + path, body)
            #expect(answer.status == .notFound, "\(method) \(path) \(answer.status)")
            #expect(answer.refusal != nil, "\(method) \(path)")
        }
    }
}
