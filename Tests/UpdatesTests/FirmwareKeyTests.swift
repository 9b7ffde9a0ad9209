import Foundation
internal import Journal
internal import JournalTestSupport
import Testing

@testable import Updates
internal import UpdatesTestSupport

/// Public keys of firmware: bounds, and what devices are given.
@Suite struct FirmwareKeyTests {
    @Test func keys_AreAddedAndRemoved_AndHandedOutByPurpose() async throws {
        let rig = try await UpdatesRig.make()
        #expect(try await rig.artifacts.firmwareKeyTexts().isEmpty)
        try await rig.trust()
        let archive = try await rig.artifacts.addFirmwareKey(
            "media", Array(FirmwareSamples.keyB.dropLast().utf8), for: .archive, by: .hub)
        #expect(archive.text == FirmwareSamples.keyB && archive.createdAt == rig.clock.now)
        #expect(try await rig.artifacts.firmwareKeyTexts() == [FirmwareSamples.keyA])
        #expect(try await rig.artifacts.archiveKeyTexts() == [FirmwareSamples.keyB])
        #expect(try await rig.artifacts.firmwareKeys().map(\.name) == ["a", "media"])
        try await rig.artifacts.removeFirmwareKey("a", by: .hub)
        #expect(try await rig.artifacts.firmwareKeyTexts().isEmpty)
        await #expect(throws: UpdatesError.unknownFirmwareKey("a")) {
            try await rig.artifacts.removeFirmwareKey("a", by: .hub)
        }
    }

    @Test func sameNameOrKey_IsRefused() async throws {
        let rig = try await UpdatesRig.make()
        try await rig.trust()
        await #expect(throws: UpdatesError.firmwareKeyExists("a")) {
            try await rig.trust(FirmwareSamples.keyB, name: "a")
        }
        await #expect(throws: UpdatesError.firmwareKeyNamed("a")) { try await rig.trust(name: "b") }
    }

    @Test(arguments: ["", "a b", "a/b", "é", String(repeating: "n", count: 65)])
    func badName_IsRefused(_ name: String) async throws {
        let rig = try await UpdatesRig.make()
        await #expect(throws: UpdatesError.self) { try await rig.trust(name: name) }
    }

    @Test(arguments: ["", "AAAA", String(repeating: "A", count: 2000)])
    func badKey_IsRefused(_ key: String) async throws {
        let rig = try await UpdatesRig.make()
        await #expect(throws: UpdatesError.self) { try await rig.trust(key) }
    }

    @Test func eleventhKey_IsRefused() async throws {
        let rig = try await UpdatesRig.make()
        for number in 0..<10 {
            let key = [UInt8](repeating: UInt8(number), count: 32)
            _ = try await rig.artifacts.addFirmwareKey("\(number)", key, for: .firmware, by: .hub)
        }
        await #expect(throws: UpdatesError.self) { try await rig.trust() }
        _ = try await rig.artifacts.addFirmwareKey("b", Array(FirmwareSamples.keyB.utf8), for: .archive, by: .hub)
    }
}
