internal import Encoding
import HTTPTypes
import HubHTTP
internal import JournalTestSupport
import PKI
internal import RouteTestSupport
import Testing

@testable import Artifact

/// A hub with a person who may change things, artifacts and devices.
struct UpdateSite {
    let client: ManagementClient
    let token: String
    var rig: MenderRig { client.rig }

    init(
        folder: TemporaryFolder? = nil, clock: ManualClock? = nil, change: (inout MenderRig.Options) -> Void = { _ in }
    ) async throws {
        client = try await ManagementClient(folder: folder, clock: clock, change: change)
        token = ManagementClient.socket
    }

    /// Sends a request of the person; the path goes on behind `/api/management/`.
    func send(
        _ method: HTTPRequest.Method, _ path: String, _ body: String = "", headers: HTTPFields = [:]
    ) async throws -> RouteClient.Answer {
        try await client.send(method, path, body, token: token, headers: headers)
    }

    /// An artifact with a payload of that many bytes.
    static func artifact(
        _ name: String, types: [String] = ["qemu"], size: Int = 3000,
        change: (inout ArtifactRecipe) -> Void = { _ in }
    ) throws -> [UInt8] {
        let content = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        var recipe = ArtifactRecipe.module(
            "test", name: name, deviceTypes: types, files: [.init(name: "payload", content: .bytes(content))])
        recipe.compression = .none
        change(&recipe)
        return try ArtifactWriter.bytes(recipe)
    }

    /// An artifact with this meta-data, which the writer would refuse.
    static func artifactWithMetaData(_ metaData: [UInt8]) throws -> [UInt8] {
        func tar(_ entries: [(String, [UInt8])]) throws -> [UInt8] {
            var bytes: [UInt8] = []
            let writer = TarWriter { bytes += $0 }
            for (name, content) in entries { try writer.add(name, content) }
            try writer.finish()
            return bytes
        }
        var recipe = ArtifactRecipe(name: "rel-1", type: "test", deviceTypes: ["qemu"])
        recipe.compression = .none
        let typeInfo = TypeInfo(type: "test", depends: nil, provides: nil, clears: nil)
        let header = try tar([
            (HeaderInfo.name, HeaderInfo(recipe).encoded()), (TypeInfo.name, typeInfo.encoded()),
            (HeaderArchive.metaData, metaData),
        ])
        let manifest = Manifest.encode([
            ArtifactMembers.version: SHA256.hash(ArtifactMembers.versionContent), "header.tar": SHA256.hash(header),
        ])
        return try tar([
            (ArtifactMembers.version, ArtifactMembers.versionContent), (Manifest.name, manifest),
            ("header.tar", header), ("data/0000.tar", try tar([])),
        ])
    }

    /// The body of a form; a file's field has a file name.
    static func form(_ fields: [(String, [UInt8])], boundary: String = "limit", end: String = "--\r\n") -> [UInt8] {
        var body: [UInt8] = []
        for (name, content) in fields {
            let file = name == "artifact" || name == "file" ? #"; filename="x.mender""# : ""
            body += Array("--\(boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"\(file)\r\n\r\n".utf8)
            body += content + Array("\r\n".utf8)
        }
        return body + Array("--\(boundary)\(end)".utf8)
    }

    /// Posts a form.
    func post(
        _ path: String, _ body: [UInt8], type: String = "multipart/form-data; boundary=limit"
    ) async throws -> RouteClient.Answer {
        try await client.send(.post, path, bytes: body, token: token, headers: [.contentType: type])
    }

    /// Uploads an artifact; its number.
    @discardableResult
    func upload(_ bytes: [UInt8]) async throws -> String {
        let answer = try await post("v1/deployments/artifacts", Self.form([("artifact", bytes)]))
        #expect(answer.status == .created, "\(answer.text)")
        return String(try #require(answer.headers[.location]?.split(separator: "/").last))
    }

    /// Makes a deployment; its number.
    func deploy(
        _ artifact: String, to devices: [UpdateDevice], name: String = "d", more: String = ""
    ) async throws -> String {
        var ids: [String] = []
        for device in devices { ids.append(try await id(device)) }
        let list = ids.map { "\"\($0)\"" }.joined(separator: ",")
        let answer = try await send(
            .post, "v1/deployments/deployments",
            #"{"name":"\#(name)","artifact_name":"\#(artifact)","devices":[\#(list)]\#(more)}"#)
        #expect(answer.status == .created, "\(answer.text)")
        return String(try #require(answer.headers[.location]?.split(separator: "/").last))
    }

    /// A device's number in the management API.
    func id(_ device: UpdateDevice) async throws -> String {
        try #require(try await client.device(device.identity, token)["id"]?.string)
    }

    /// A device that was let in.
    func device(_ number: Int = 1) async throws -> UpdateDevice {
        try await client.accepted(#"{"n":\#(number)}"#, token)
    }

    /// A deployment as it is shown.
    func shown(_ deployment: String) async throws -> JSONValue {
        try await send(.get, "v1/deployments/deployments/\(deployment)").json
    }

    /// States of a deployment's devices that are not zero.
    func statistics(_ deployment: String) async throws -> [String: Int64] {
        let answer = try await send(.get, "v1/deployments/deployments/\(deployment)/statistics")
        var counts: [String: Int64] = [:]
        for member in answer.json.members ?? [] where member.value != .number("0") {
            counts[member.name] = member.value.integer
        }
        return counts
    }
}
