import AdminAPI
import Foundation
import Testing

/// Shared secrets of the device link, made with hubctl.
@Suite(.hub(), .timeLimit(.minutes(5))) struct LinkKeyCommandTests {
    private let hub: ProgramHub

    init() throws {
        hub = try .current
    }

    private func keys() async throws -> ProgramResult {
        try await hub.hubctl("link", "key", "list", "--json").succeeded()
    }

    @Test func key_IsShownOnce_AndCountsUntilItIsRevoked() async throws {
        let made = try await hub.hubctl("link", "key", "add", "--product", "shown", "--name", "line 3", "--json")
            .succeeded().json(as: AdminLinkKey.self)
        let secret = try #require(made.secret)
        #expect(made.key.hasPrefix("nhp_") && secret.utf8.count == 43)
        let listed = try await keys()
        #expect(listed.output.contains(made.key) && !listed.output.contains(secret))
        let table = try await hub.hubctl("link", "key", "list").succeeded()
        #expect(table.lines.contains { $0.hasPrefix(made.key) && $0.contains("line 3") && $0.contains("shown") })
        try await hub.hubctl("link", "key", "revoke", String(made.key.prefix(7))).expectRefusal("8 characters")
        try await hub.hubctl("link", "key", "revoke", String(made.key.prefix(20))).succeeded()
        let left = try await keys().json(as: [AdminLinkKey].self).first { $0.key == made.key }
        #expect(left?.revokedAt != nil)
        #expect(!hub.log.contains(secret))
    }

    @Test func file_HasTheSecretThatStandardOutputHasNot() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("key.json")
        let result = try await hub.hubctl(
            "link", "key", "add", "--device", "link-lamp", "--out", file.path, "--json"
        ).succeeded()
        let made = try JSONDecoder().decode(AdminLinkKey.self, from: try Data(contentsOf: file))
        let secret = try #require(made.secret)
        #expect(made.deviceID == "link-lamp" && made.key.hasPrefix("nhd_"))
        #expect(result.output.contains(made.key) && !result.output.contains(secret))
        #expect(result.output.contains("\"file\""), "where the secret is")
        try await hub.hubctl("link", "key", "add", "--device", "link-lamp", "--out", file.path).expectRefusal(
            "exists already")
        #expect(try JSONDecoder().decode(AdminLinkKey.self, from: try Data(contentsOf: file)).secret == secret)
        let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        let device = try await hub.hubctl("device", "show", "link-lamp", "--json").succeeded()
            .json(as: AdminDevice.self)
        #expect(device.state == "approved")
        let count = try await keys().json(as: [AdminLinkKey].self).count
        try await hub.hubctl("link", "key", "add", "--product", "p", "--out", folder.path + "/no/file").expectRefusal(
            "file")
        #expect(try await keys().json(as: [AdminLinkKey].self).count == count, "no key whose secret is lost")
    }

    @Test func keyOfAnotherServer_IsTakenOver() async throws {
        let made = try await hub.hubctl(
            "link", "key", "add", "--product", "moved", "--existing-key", "nhp_moved+key/1", "--secret-file", "-",
            "--json",
            input: "0123456789abcdef0123\n"
        ).succeeded().json(as: AdminLinkKey.self)
        #expect(made.key == "nhp_moved+key/1" && made.secret == "0123456789abcdef0123")
        try await hub.hubctl("link", "key", "revoke", "nhp_moved+key/1").succeeded()
    }

    @Test func contradictions_AreWrongUsage() async throws {
        try await hub.hubctl("link", "key", "add").expectWrongUsage()
        try await hub.hubctl("link", "key", "add", "--product", "a", "--device", "b").expectWrongUsage()
        try await hub.hubctl("link", "key", "add", "--device", "b", "--approval").expectWrongUsage()
        try await hub.hubctl("link", "key", "add", "--product", "a", "--existing-key", "nhp_12345").expectWrongUsage()
    }
}
