import AdminAPI
import Foundation
internal import Glibc
import Testing
import Transport

/// Uploads over the death of the hub. Each test has a hub of its own.
@Suite(.timeLimit(.minutes(5))) struct UploadInterruptionTests {
    private let hub: ProgramHub

    init() throws {
        hub = try ProgramHub()
    }

    private func digest(_ file: String) async throws -> String {
        struct Report: Decodable { var sha256: String }
        return try await hub.hubctl("artifact", "inspect", file, "--json").succeeded().json(as: Report.self).sha256
    }

    private func artifacts() async throws -> [AdminArtifact] {
        try await hub.hubctl("artifact", "list", "--json").succeeded().json()
    }

    /// Begins an upload, and returns when the hub has bytes of it in its file; the second half is held back.
    private func sendHalf(of bytes: [UInt8], sha256: String, while body: (AdminUpload) async throws -> Void)
        async throws
    {
        let wish = #"{"sha256":"\#(sha256)"}"#
        let begun = try await hub.askLocally("/admin/v1/artifacts/uploads", method: "POST", body: .text(wish))
        let upload = try begun.json(as: AdminUpload.self)
        let half = bytes.count / 2
        let isOver = Watched(false)
        async let sender = hub.askLocally(
            "/admin/v1/artifacts/uploads/\(upload.id)?offset=0", method: "PATCH",
            body: .stream(length: bytes.count) { writer in
                try await writer.write(Array(bytes[..<half]))
                _ = await isOver.wait { $0 ? true : nil }
                try await writer.write(Array(bytes[half...]))
            })
        defer { isOver.change { $0 = true } }
        try await hub.waitForFile("state/artifacts/upload-\(upload.id).part", size: 1)
        try await body(upload)
        isOver.change { $0 = true }
        do {
            _ = try await sender
            Issue.record("the request has outlived its hub")
        } catch is TransportError {}
    }

    @Test func killedHub_KeepsThePartThatArrived_AndTheUploadGoesOn() async throws {
        try await hub.start()
        let file = try await hub.writeArtifact("half", content: String(repeating: "0123456789abcdef", count: 1 << 17))
        let bytes = try hub.read("half.mender")
        let sum = try await digest(file)
        try await sendHalf(of: bytes, sha256: sum) { upload in
            let second = try await hub.askLocally(
                "/admin/v1/artifacts/uploads/\(upload.id)?offset=1", method: "PATCH", body: .text("x"))
            #expect(try second.json(as: AdminFailure.self).error.code == "uploadOffset", "another sender has to wait")
            try await hub.stop(SIGKILL)
            try await hub.start()
            let kept = try await hub.askLocally("/admin/v1/artifacts/uploads/" + upload.id)
            let offset = try kept.json(as: AdminUpload.self).offset
            #expect(offset > 0 && offset <= bytes.count / 2)
        }
        #expect(try await artifacts().isEmpty, "a part is no artifact")
        try await hub.hubctl("artifact", "upload", file, "--resume").succeeded()
        #expect(try await artifacts().map(\.sha256) == [sum])
        #expect(hub.names(in: "state/artifacts") == [sum])
        #expect(try hub.read("state/artifacts/" + sum) == bytes)
    }

    @Test func hubctl_LivesThroughADeathOfTheHub_ButNotWithoutOne() async throws {
        try await hub.start()
        try hub.makeSparseFile("image", size: 150_000_000)
        try await hub.hubctl(
            "artifact", "write", "--name", "large", "--device-type", "lamp", "--type", "lampd", "--file", "image",
            "--compression", "none", "--out", "large.mender"
        ).succeeded()
        let upload = try hub.running("artifact", "upload", "large.mender")
        try await hub.waitForUpload(size: 1_000_000)
        try await hub.stop(SIGKILL)
        #expect(upload.isRunning)
        try await hub.start()
        #expect(try await upload.end().succeeded().output.contains("is on the hub"))
        #expect(hub.names(in: "state/artifacts") == [try await digest("large.mender")])

        try await hub.stop()
        try await hub.writeArtifact("nobody")
        try await hub.hubctl("artifact", "upload", "nobody.mender", "--tries", "1").expectRefusal("", code: 69)
    }
}
