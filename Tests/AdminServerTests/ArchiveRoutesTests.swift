import AdminAPI
internal import Encoding
import Foundation
import HTTPTypes
import HubHTTP
internal import JournalTestSupport
import PKI
internal import RouteTestSupport
import Testing
internal import Updates
import UpdatesTestSupport

/// Archives over the admin API.
@Suite struct ArchiveRoutesTests {
    private static let root = Peer(address: "local", userID: 0)

    private static func send(
        _ rig: AdminRig, _ method: HTTPRequest.Method, _ path: String, _ body: String = ""
    ) async throws -> RouteClient.Answer {
        try await rig.local.send(method, "/admin/v1" + path, body: Array(body.utf8), as: root)
    }

    private static func read<Value: Decodable>(_ type: Value.Type, _ answer: RouteClient.Answer) throws -> Value {
        try JSONDecoder().decode(type, from: Data(answer.body))
    }

    private static func code(_ answer: RouteClient.Answer) throws -> String {
        try read(AdminFailure.self, answer).error.code
    }

    /// Brings a sample as an archive.
    private static func upload(_ rig: AdminRig, _ file: String) async throws -> RouteClient.Answer {
        let bytes = try FirmwareSamples.bytes(file)
        let upload = try read(AdminUpload.self, try await send(rig, .post, "/artifacts/uploads", "{}"))
        _ = try await rig.local.send(
            .patch, "/admin/v1/artifacts/uploads/\(upload.id)?offset=0", body: bytes, as: root)
        return try await send(rig, .post, "/artifacts/uploads/\(upload.id)/finish", #"{"archive":true}"#)
    }

    @Test func archive_IsOffered_Listed_AndRemoved() async throws {
        let rig = try await AdminRig()
        #expect(try Self.code(try await Self.upload(rig, "signed-a.fw")) == "archiveKeyMissing")
        try await rig.base.trust(for: .archive)
        #expect(try Self.code(try await Self.upload(rig, "unsigned.fw")) == "archiveNotSigned")
        let artifact = try Self.read(AdminArtifact.self, try await Self.upload(rig, "signed-a.fw"))
        #expect(artifact.archive == true && artifact.format == "fwup")
        let body = #"{"artifact":"\#(artifact.id.uppercased())","filter":["tags.site=north"]}"#
        let answer = try await Self.send(rig, .post, "/archives", body)
        let added = try Self.read(AdminArchive.self, answer)
        #expect(answer.status == .created && added.id == artifact.id && added.uuid == FirmwareSamples.uuid)
        #expect(added.target == "filter" && added.filter != nil && added.group == nil && added.devices == nil)
        let list = try Self.read(AdminPage<AdminArchive>.self, try await Self.send(rig, .get, "/archives"))
        #expect(list.items.map(\.id) == [artifact.id])
        #expect(try Self.code(try await Self.send(rig, .delete, "/artifacts/\(artifact.id)")) == "artifactIsArchive")
        #expect(try await Self.send(rig, .delete, "/archives/\(artifact.id)").status == .noContent)
        #expect(try Self.code(try await Self.send(rig, .delete, "/archives/\(artifact.id)")) == "unknownArchive")
        #expect(try await Self.send(rig, .delete, "/artifacts/\(artifact.id)").status == .noContent)
    }

    @Test(
        arguments: [
            (#"{}"#, "badRequest"), (#"{"artifact":"ARTIFACT"}"#, "badRequest"),
            (#"{"artifact":"ARTIFACT","all":true,"group":"g"}"#, "badRequest"),
            (#"{"artifact":"ARTIFACT","filter":[]}"#, "badRequest"),
            (#"{"artifact":"ARTIFACT","devices":[]}"#, "badRequest"),
            (#"{"artifact":"ARTIFACT","filter":["nonsense"]}"#, "invalidFilter"),
            (#"{"artifact":"ARTIFACT","group":"g"}"#, "unknownGroup"),
            (#"{"artifact":"ARTIFACT","devices":["nobody"]}"#, "unknownDevice"),
            (#"{"artifact":"00000000-0000-4000-8000-000000000000","all":true}"#, "unknownArtifact"),
        ]) func wishThatCanNotBe_IsRefused(_ body: String, _ code: String) async throws
    {
        let rig = try await AdminRig()
        try await rig.base.trust(for: .archive)
        let artifact = try Self.read(AdminArtifact.self, try await Self.upload(rig, "signed-a.fw"))
        let answer = try await Self.send(
            rig, .post, "/archives", body.replacing("ARTIFACT", with: artifact.id))
        #expect(try Self.code(answer) == code)
        #expect(try await rig.updates.archives().isEmpty)
    }
}
