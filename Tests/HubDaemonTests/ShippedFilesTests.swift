import Foundation
import PKI
import Testing

@testable import HubDaemon

/// The files an installation starts from say what the program does without them.
@Suite struct ShippedFilesTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test func profileFiles_AreTheBuiltInProfiles() throws {
        let read = try ProfileFiles(folder: Self.root.appendingPathComponent("ca").path)
            .replacing(CertificateProfile.builtIn)
        let byName = { (profiles: [CertificateProfile]) in profiles.sorted { $0.name < $1.name } }
        #expect(byName(read) == byName(CertificateProfile.builtIn))
        for profile in CertificateProfile.builtIn {
            let file = Self.root.appendingPathComponent("ca/\(profile.name).yaml").path
            #expect(FileManager.default.fileExists(atPath: file))
        }
    }

    @Test func hubThatTakesTheRoleOfOthers_IsRefused() throws {
        let folder = NSTemporaryDirectory() + "profiles-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for (unit, isGood) in [("hubs", true), ("service", false), ("admin", false)] {
            try Data("name: server\norganizationalUnit: \(unit)\n".utf8).write(
                to: URL(fileURLWithPath: folder + "/server.yaml"))
            let read = try? ProfileFiles(folder: folder).replacing(CertificateProfile.builtIn)
            #expect((read != nil) == isGood)
        }
    }

    @Test func configurationFile_NamesEveryKeyAndIsRight() throws {
        let text = try String(
            contentsOf: Self.root.appendingPathComponent("systemd/hub.yaml"), encoding: .utf8)
        #expect(ConfigurationLoader.problems(inFile: text) == [])
        for key in ConfigurationKey.all {
            let last = key.name.split(separator: ".").last.map(String.init) ?? key.name
            #expect(text.contains("\(last):"), "\(key.name) is not in hub.yaml")
        }
    }
}
