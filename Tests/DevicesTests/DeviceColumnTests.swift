internal import BaseTestSupport
internal import Journal
internal import JournalTestSupport
internal import Store
import Testing
@testable import Devices

/// What is kept of a device comes back as it was.
@Suite struct DeviceColumnTests {
    private static func full() -> Device {
        var device = Device(id: "lamp-ü", state: .pending, ou: "gateway", seen: 1_900_000_000)
        device.deviceType = "lamp"
        device.address = "192.0.2.7"
        device.mac = "02:00:00:00:00:01"
        device.fingerprint = String(repeating: "a1", count: 32)
        device.approvedFingerprint = String(repeating: "b2", count: 32)
        device.lastSeen = 1_900_000_060
        device.serial = "0a0b"
        device.notAfter = 1_910_000_000
        device.otherKeys = 3
        device.otherSeen = 1_900_000_050
        device.otherFingerprints = [String(repeating: "c3", count: 32), String(repeating: "d4", count: 32)]
        return device
    }

    @Test func record_IsReadAsItWasWritten_FullAndEmpty() async throws {
        let rig = try await DevicesRig()
        let devices = rig.rooms.devices
        for device in [Self.full(), Device(id: "plain", state: .approved, seen: 1_900_000_000)] {
            try await rig.rooms.journal.store.write { db in try devices.save(device, in: db) }
            #expect(try await devices.device(device.id) == device)
        }
        #expect(try await devices.devices(state: nil, after: "", limit: 9).map(\.id) == ["lamp-ü", "plain"])
    }

    @Test func secondSave_ReplacesEverythingButTheFirstSighting() async throws {
        let rig = try await DevicesRig()
        let devices = rig.rooms.devices
        var later = Device(id: "lamp-ü", state: .approved, seen: 1_900_009_999)
        try await rig.rooms.journal.store.write { [later] db in
            try devices.save(Self.full(), in: db)
            try devices.save(later, in: db)
        }
        later.firstSeen = 1_900_000_000
        #expect(try await devices.device("lamp-ü") == later)
    }

    /// Random records, each read back alone and in the list.
    @Test(arguments: [71, 72] as [UInt64]) func randomRecords_AreReadAsTheyWereWritten(seed: UInt64) async throws {
        var generator = SeededGenerator(seed)
        let rig = try await DevicesRig()
        let devices = rig.rooms.devices
        for number in 0..<60 {
            var device = Device(
                id: "d\(number)", state: generator.pick(DeviceState.allCases), ou: generator.text(0...9),
                seen: Int64.random(in: 0...Int64.max, using: &generator))
            device.lastSeen = Int64.random(in: .min ... .max, using: &generator)
            for path in [\Device.deviceType, \.address, \.mac, \.fingerprint, \.approvedFingerprint, \.serial] {
                device[keyPath: path] = Bool.random(using: &generator) ? nil : generator.text(0...40)
            }
            device.notAfter = generator.pick([nil, 0, .max, .min])
            device.otherKeys = Int.random(in: 0...Int.max, using: &generator)
            device.otherSeen = generator.pick([nil, 7])
            device.otherFingerprints = (0..<number % 17).map { DevicesRig.fingerprint($0 < 10 ? "0\($0)" : "\($0)") }
            try await rig.base.store.write { [device] db in try devices.save(device, in: db) }
            #expect(try await devices.device(device.id) == device)
        }
    }
}
