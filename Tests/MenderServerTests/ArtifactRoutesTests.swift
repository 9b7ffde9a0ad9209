import Artifact
internal import Encoding
import Foundation
import HTTPTypes
import HubHTTP
internal import Journal
internal import JournalTestSupport
internal import People
internal import RouteTestSupport
import Testing
import Updates
internal import UpdatesTestSupport

/// docs/protocols/mender.md 12.4, row by row.
@Suite struct ArtifactRoutesTests {
    private static let artifacts = "v1/deployments/artifacts"

    private static func files(_ site: UpdateSite) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: site.rig.base.artifactFolder)) ?? []
    }

    // MARK: - Upload

    @Test func metaDataNobodyCanRead_IsRefused() async throws {
        let site = try await UpdateSite()
        let bytes = try UpdateSite.artifact("rel-1") { $0.metaData = .object([.init("n", .number("1e400"))]) }
        let answer = try await site.post(Self.artifacts, UpdateSite.form([("artifact", bytes)]))
        #expect(answer.status == .badRequest)
        #expect(answer.refusal?.contains("headers/0000/meta-data") == true)
        #expect(try await site.send(.get, Self.artifacts).json == .array([]))
        #expect(Self.files(site).isEmpty)
    }

    @Test func metaDataThatIsTooLarge_IsNamed() async throws {
        let site = try await UpdateSite()
        let long = JSONValue.object([.init("a", .string(String(repeating: "x", count: 70_000)))])
        let bytes = try UpdateSite.artifactWithMetaData(long.encoded())
        let answer = try await site.post(Self.artifacts, UpdateSite.form([("artifact", bytes)]))
        #expect(answer.status == .contentTooLarge)
        #expect(answer.refusal == "headers/0000/meta-data is larger than 65536 bytes")
    }

    @Test func upload_IsShownAsItIs() async throws {
        let site = try await UpdateSite()
        let bytes = try UpdateSite.artifact("rel-1", types: ["qemu", "rpi"]) {
            $0.metaData = .object([.init("dest", .string("/etc/motd"))])
            $0.depends["base"] = .value("1")
            $0.depends["other"] = .anyOf(["2", "3"])
        }
        let id = UniqueID.make()
        let form = UpdateSite.form([
            ("size", Array("\(bytes.count)".utf8)), ("description", Array("text <b>".utf8)),
            ("artifact_id", Array(id.uppercased().utf8)), ("unknown", []), ("artifact", bytes),
        ])
        let answer = try await site.post(Self.artifacts, form)
        #expect(answer.status == .created)
        #expect(answer.headers[.location] == "/api/management/v1/deployments/artifacts/\(id)")
        let shown = try await site.send(.get, Self.artifacts + "/\(id)").json
        #expect(shown["name"]?.string == "rel-1")
        #expect(shown["description"]?.string == "text <b>")
        #expect(shown["device_types_compatible"]?.array == [.string("qemu"), .string("rpi")])
        #expect(shown["signed"]?.bool == false)
        #expect(shown["size"]?.integer == Int64(bytes.count))
        #expect(shown["info"]?.encoded() == Array(#"{"format":"mender","version":3}"#.utf8))
        let update = shown["updates"]?.array?.first
        #expect(update?["type_info"]?["type"]?.string == "test")
        #expect(update?["meta_data"]?.encoded() == Array(#"[{"Key":"dest","Value":"/etc/motd"}]"#.utf8))
        #expect(update?["metadata"]?["dest"]?.string == "/etc/motd")
        #expect(update?["files"]?.array?.first?["name"]?.string == "payload")
        #expect(shown["artifact_provides"]?["artifact_name"]?.string == "rel-1")
        #expect(shown["artifact_depends"]?["base"]?.string == "1")
        #expect(shown["artifact_depends"]?["other"]?.array?.count == 2)
        #expect(shown["artifact_depends"]?["device_type"]?.array?.count == 2)
        let again = try await site.post(Self.artifacts, UpdateSite.form([("artifact", bytes)]))
        #expect(again.status == .conflict)
        let conflict = again.json["metadata"]?["conflict"]
        #expect(again.refusal != nil && conflict?["id"]?.string == id)
        #expect(conflict?["name"]?.string == "rel-1")
        #expect(conflict?["artifact_depends"] == shown["artifact_depends"])
        #expect(Self.files(site).count == 1)
    }

    @Test func uploadThatIsNoForm_OrIncomplete_LeavesNothing() async throws {
        let site = try await UpdateSite()
        let bytes = try UpdateSite.artifact("rel-1")
        let good = UpdateSite.form([("artifact", bytes)])
        let long = [UInt8](repeating: 0x78, count: 70_000)
        let rows: [(String, [UInt8], HTTPResponse.Status)] = [
            ("application/octet-stream", good, .unsupportedMediaType), ("", good, .unsupportedMediaType),
            ("multipart/form-data", good, .unsupportedMediaType),
            ("multipart/form-data; boundary=other", good, .badRequest),
            ("multipart/form-data; boundary=limit", [], .badRequest),
            ("multipart/form-data; boundary=limit", Array(good.dropLast(20)), .badRequest),
            ("multipart/form-data; boundary=limit", UpdateSite.form([("size", [0x31])]), .badRequest),
            ("multipart/form-data; boundary=limit", UpdateSite.form([("artifact", [])]), .badRequest),
            (
                "multipart/form-data; boundary=limit", UpdateSite.form([("artifact", bytes), ("size", [0x31])]),
                .badRequest
            ),
            (
                "multipart/form-data; boundary=limit", UpdateSite.form([("artifact", bytes), ("artifact", bytes)]),
                .badRequest
            ),
            ("multipart/form-data; boundary=limit", UpdateSite.form([("artifact", bytes)], end: "\r\n"), .badRequest),
            (
                "multipart/form-data; boundary=limit", UpdateSite.form([("description", long), ("artifact", bytes)]),
                .contentTooLarge
            ),
            (
                "multipart/form-data; boundary=limit", UpdateSite.form([("artifact_id", [0x78]), ("artifact", bytes)]),
                .badRequest
            ),
            (
                "multipart/form-data; boundary=limit", UpdateSite.form([("artifact", Array(bytes.dropLast(3000)))]),
                .badRequest
            ),
        ]
        for (index, (type, body, status)) in rows.enumerated() {
            let answer = try await site.post(Self.artifacts, body, type: type)
            #expect(answer.status == status, "\(index): \(answer.text)")
            #expect(answer.refusal != nil, "\(index)")
            #expect(Self.files(site).isEmpty, "\(index)")
        }
        #expect(try await site.send(.get, Self.artifacts).json == .array([]))
    }

    @Test func lostUpload_LeavesNothing() async throws {
        let site = try await UpdateSite()
        let token = try await site.client.person("op", .operator)
        struct Lost: Error {}
        let body = UpdateSite.form([("artifact", try UpdateSite.artifact("rel-1"))])
        let parts = AsyncThrowingStream<[UInt8], any Error> { continuation in
            continuation.yield(Array(body.prefix(2000)))
            continuation.finish(throwing: Lost())
        }
        let answer = try? await site.rig.network.send(
            .post, "/api/management/" + Self.artifacts, parts: parts,
            headers: [
                .authorization: "Bearer \(token)", .contentType: "multipart/form-data; boundary=limit",
            ])
        #expect(answer?.status != .created)
        #expect(Self.files(site).isEmpty)
    }

    @Test func uploadInManyParts_WithQuotedBoundary_IsTaken() async throws {
        let site = try await UpdateSite()
        let token = try await site.client.person("op", .operator)
        let body = UpdateSite.form(
            [("size", [0x31]), ("artifact", try UpdateSite.artifact("rel-1"))], boundary: "a b'c")
        let parts = AsyncThrowingStream<[UInt8], any Error> { continuation in
            for start in stride(from: 0, to: body.count, by: 7) {
                continuation.yield(Array(body[start..<min(body.count, start + 7)]))
            }
            continuation.finish()
        }
        let answer = try await site.rig.network.send(
            .post, "/api/management/" + Self.artifacts, parts: parts,
            headers: [
                .authorization: "Bearer \(token)",
                .contentType: #"multipart/form-data; charset=utf-8; boundary="a b'c""#,
            ])
        #expect(answer.status == .created)
    }

    @Test func uploadBeyondTheLimit_IsTooLarge() async throws {
        let site = try await UpdateSite { $0.updates.artifactBytes = 6000 }
        let body = UpdateSite.form([("artifact", try UpdateSite.artifact("rel-1", size: 50_000))])
        #expect(try await site.post(Self.artifacts, body).status == .contentTooLarge)
        #expect(Self.files(site).isEmpty)
    }

    @Test func viewer_MayLookButNotChange() async throws {
        let site = try await UpdateSite()
        let id = try await site.upload(try UpdateSite.artifact("rel-1"))
        let token = try await site.client.person("viewer", .viewer)
        let client = site.client
        #expect(try await client.send(.get, Self.artifacts, token: token).status == .ok)
        let rows: [(HTTPRequest.Method, String)] = [
            (.post, Self.artifacts), (.post, Self.artifacts + "/generate"), (.delete, Self.artifacts + "/\(id)"),
            (.put, Self.artifacts + "/\(id)"), (.post, "v1/deployments/deployments"),
            (.delete, "v2/deployments/deployments/releases?name=rel-1"), (.post, "v2/devauth/devices"),
            (.delete, "v2/devauth/devices/x"), (.put, "v1/deployments/deployments/x/status"),
            (.patch, "v2/deployments/deployments/releases/rel-1"),
        ]
        for (method, path) in rows {
            #expect(try await client.send(method, path, "{}", token: token).status == .forbidden, "\(method) \(path)")
            #expect(try await client.send(method, path, "{}").status == .unauthorized, "\(method) \(path)")
        }
    }

    // MARK: - Listings and changes

    @Test func listings_AreFilteredSortedAndPaged() async throws {
        let site = try await UpdateSite()
        for (name, type) in [("rel-2", "qemu"), ("rel-1", "qemu"), ("other", "rpi")] {
            try await site.upload(try UpdateSite.artifact(name, types: [type]))
            site.rig.clock.advance(by: 10)
        }
        func names(_ path: String) async throws -> [String] {
            try await site.send(.get, path).json.array?.compactMap { $0["name"]?.string } ?? []
        }
        #expect(try await names(Self.artifacts) == ["other", "rel-1", "rel-2"])
        #expect(try await names(Self.artifacts + "?name=rel-1") == ["rel-1"])
        #expect(try await names(Self.artifacts + "?name=rel-*") == ["rel-1", "rel-2"])
        #expect(try await names(Self.artifacts + "?device_type=rpi") == ["other"])
        #expect(try await names(Self.artifacts + "?description=nothing") == [])
        for path in [Self.artifacts + "/list", "v2/deployments/artifacts"] {
            #expect(try await names(path + "?sort=name:desc") == ["rel-2", "rel-1", "other"])
            #expect(try await names(path + "?sort=modified:asc") == ["rel-2", "rel-1", "other"])
            let page = try await site.send(.get, path + "?per_page=2&page=1&name=rel-*&device_type=qemu")
            #expect(page.field("X-Total-Count") == "2")
            #expect(page.field("Link")?.contains("name=rel-*&device_type=qemu&page=1&per_page=2") == true)
            #expect(page.field("Link")?.contains("next") == false)
            #expect(try await names(path + "?per_page=1&page=3") == ["rel-2"])
            #expect(try await names(path + "?per_page=1&page=4") == [])
            #expect(try await site.send(.get, path + "?per_page=501").status == .badRequest)
        }
    }

    @Test func artifact_IsDescribedDownloadedAndRemoved() async throws {
        let site = try await UpdateSite()
        let device = try await site.device()
        let id = try await site.upload(try UpdateSite.artifact("rel-1"))
        let path = Self.artifacts + "/\(id)"
        #expect(try await site.send(.put, path, #"{"description":"new"}"#).status == .noContent)
        #expect(try await site.send(.get, path).json["description"]?.string == "new")
        for bad in ["", "{}", #"{"description":1}"#] {
            #expect(try await site.send(.put, path, bad).status == .badRequest)
        }
        let deployment = try await site.deploy("rel-1", to: [device])
        #expect(try await site.send(.put, path, #"{"description":"newer"}"#).status == .unprocessableContent)
        #expect(try await site.send(.delete, path).status == .conflict)
        try await device.next("rel-1")
        #expect(try await site.shown(deployment)["status"]?.string == "finished")
        #expect(try await site.send(.delete, path).status == .noContent)
        #expect(Self.files(site).isEmpty)
        for (method, path) in [
            (HTTPRequest.Method.get, path), (.delete, path), (.get, path + "/download"),
            (.get, Self.artifacts + "/nonsense"),
        ] { #expect(try await site.send(method, path).status == .notFound, "\(method) \(path)") }
        #expect(try await site.send(.put, path, #"{"description":"x"}"#).status == .notFound)
    }

    @Test func storage_IsCounted_DirectUploadIsNotOffered() async throws {
        let site = try await UpdateSite()
        let bytes = try UpdateSite.artifact("rel-1")
        try await site.upload(bytes)
        let storage = try await site.send(.get, "v1/deployments/limits/storage").json
        #expect(storage.encoded() == Array(#"{"limit":0,"usage":\#(bytes.count)}"#.utf8))
        for path in ["/directupload", "/directupload/x/complete"] {
            let answer = try await site.send(.post, Self.artifacts + path)
            #expect(answer.status.code == 501)
            #expect(answer.refusal != nil)
        }
    }

    // MARK: - Generated

    private static func generate(_ site: UpdateSite, _ change: (inout [String: String]) -> Void = { _ in }) async throws
        -> RouteClient.Answer
    {
        var fields = [
            "name": "rel-1", "description": "text", "device_types_compatible": "qemu, rpi ", "type": "single_file",
            "args": #"{"dest_dir":"/etc","filename":"motd","software_filesystem":"data"}"#,
        ]
        change(&fields)
        let form = fields.sorted { $0.key < $1.key }.map { ($0.key, Array($0.value.utf8)) }
        return try await site.post(artifacts + "/generate", UpdateSite.form(form + [("file", Array("hello\n".utf8))]))
    }

    @Test func generatedArtifact_IsOneFileForDevices() async throws {
        let site = try await UpdateSite()
        let answer = try await Self.generate(site)
        #expect(answer.status == .created)
        let id = try #require(answer.headers[.location]?.split(separator: "/").last)
        let shown = try await site.send(.get, Self.artifacts + "/\(id)").json
        #expect(shown["device_types_compatible"]?.array == [.string("qemu"), .string("rpi")])
        #expect(shown["updates"]?.array?.first?["type_info"]?["type"]?.string == "single-file")
        #expect(shown["artifact_provides"]?["data.single-file.version"]?.string == "rel-1")
        #expect(try await Self.generate(site).status == .conflict)
        #expect(Self.files(site).count == 1)
    }

    private static let generatingRows: [(String, String?)] = [
        ("name", nil), ("name", ""), ("type", "other"), ("type", nil), ("device_types_compatible", ""),
        ("device_types_compatible", " , "), ("args", nil), ("args", "x"), ("args", "{}"), ("args", "[]"),
        ("args", #"{"dest_dir":"/etc"}"#), ("args", #"{"dest_dir":"/etc","filename":"a/b"}"#),
        ("args", #"{"dest_dir":"etc","filename":"a"}"#), ("args", #"{"dest_dir":"/e\ntc","filename":"a"}"#),
        ("args", #"{"dest_dir":1,"filename":"a"}"#),
    ]

    @Test func generating_WithABadField_LeavesNothing() async throws {
        let site = try await UpdateSite()
        for (name, value) in Self.generatingRows {
            let answer = try await Self.generate(site) { $0[name] = value }
            #expect(answer.status == .badRequest, "\(answer.text)")
            #expect(Self.files(site).isEmpty)
        }
    }

    // MARK: - Releases

    @Test func releases_AreShownInBothForms() async throws {
        let site = try await UpdateSite()
        try await site.upload(try UpdateSite.artifact("rel-1"))
        try await site.upload(try UpdateSite.artifact("rel-1", types: ["rpi"]))
        try await site.upload(try UpdateSite.artifact("a b/c"))
        let old = try await site.send(.get, "v1/deployments/deployments/releases?name=rel-1").json.array
        #expect(old?.count == 1)
        #expect(old?.first?["Name"]?.string == "rel-1")
        #expect(old?.first?["ArtifactsCount"]?.integer == 2)
        #expect(old?.first?["Artifacts"]?.array?.count == 2)
        let page = try await site.send(.get, "v1/deployments/deployments/releases/list?per_page=1")
        #expect(page.field("X-Total-Count") == "2")
        #expect(page.json.array?.count == 1)
        let base = "v2/deployments/deployments/releases"
        #expect(try await site.send(.put, base + "/rel-1/tags", #"["b","a"]"#).status == .noContent)
        #expect(try await site.send(.patch, base + "/rel-1", #"{"notes":"text"}"#).status == .noContent)
        for bad in ["", "{}", "[]", #"{"notes":1}"#] {
            #expect(try await site.send(.patch, base + "/rel-1", bad).status == .badRequest, "\(bad)")
        }
        for bad in ["", "{}", "[1]", #"["a","a"]"#, #"[""]"#] {
            #expect(try await site.send(.put, base + "/rel-1/tags", bad).status == .badRequest, "\(bad)")
        }
        let shown = try await site.send(.get, base + "/rel-1").json
        #expect(shown["notes"]?.string == "text")
        #expect(shown["tags"]?.encoded() == Array(#"["b","a"]"#.utf8))
        #expect(shown["artifacts_count"]?.integer == 2)
        #expect(try await site.send(.get, base + "/a%20b%2Fc").json["name"]?.string == "a b/c")
        #expect(try await site.send(.get, base + "/unknown").status == .notFound)
        #expect(try await site.send(.patch, base + "/unknown", #"{"notes":""}"#).status == .notFound)
        #expect(try await site.send(.get, base + "?tag=a").json.array?.count == 1)
        #expect(try await site.send(.get, base + "?tag=x").json.array?.count == 0)
        #expect(try await site.send(.get, base + "?update_type=test").json.array?.count == 2)
        #expect(
            try await site.send(.get, "v2/deployments/releases/all/tags").json.encoded() == Array(#"["a","b"]"#.utf8))
        #expect(
            try await site.send(.get, "v2/deployments/releases/all/types").json.encoded() == Array(#"["test"]"#.utf8))
    }

    @Test func releaseInUse_IsNotRemoved_AndSaysByWhat() async throws {
        let site = try await UpdateSite()
        let device = try await site.device()
        try await site.upload(try UpdateSite.artifact("rel-1"))
        try await site.upload(try UpdateSite.artifact("rel-2"))
        let deployment = try await site.deploy("rel-1", to: [device])
        let path = "v2/deployments/deployments/releases"
        #expect(try await site.send(.delete, path).status == .badRequest)
        let refused = try await site.send(.delete, path + "?name=rel-2&name=rel-1")
        #expect(refused.status == .conflict)
        #expect(refused.json["active_deployments"]?.array == [.string(deployment)])
        #expect(Self.files(site).count == 2)
        #expect(try await site.send(.delete, path + "?name=rel-2").status == .noContent)
        #expect(Self.files(site).count == 1)
    }
}
