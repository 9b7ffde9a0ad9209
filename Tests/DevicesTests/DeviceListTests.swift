internal import BaseTestSupport
internal import Devices
internal import Journal
internal import JournalTestSupport
import PKI
internal import Store
import Testing
import Wire

/// Lists of devices, as operators and other parts of the hub read them.
@Suite struct DeviceListTests {
    /// A site of devices in every state, some of which look alike, and what is known of them.
    private static func site(_ seed: UInt64) async throws -> (rig: DevicesRig, all: [DeviceID: Device]) {
        var generator = SeededGenerator(seed)
        let rig = try await DevicesRig(clock: ManualClock(at: 1_900_000_000))
        var all: [DeviceID: Device] = [:]
        for number in 0..<120 {
            let name = generator.pick(["K", "\u{212A}", "é", "e\u{301}", "z", "A", "温", "\u{1F511}"])
            var device = Device(
                id: "\(name)\(number % 40)", state: generator.pick(DeviceState.allCases), seen: 1_900_000_000)
            if Bool.random(using: &generator) {
                device.serial = "\(number)"
                device.notAfter = 1_900_000_000 + Int64.random(in: 0...50, using: &generator)
            }
            all[DeviceID(device.id)] = device
            try await rig.base.store.write { [rooms = rig.rooms, device] db in try rooms.devices.save(device, in: db) }
        }
        return (rig, all)
    }

    @Test(arguments: [(1, 1), (2, 7), (3, 200)] as [(UInt64, Int)])
    func pages_HaveEveryDeviceOnce_InTheOrderOfTheirBytes(seed: UInt64, limit: Int) async throws {
        let (rig, all) = try await Self.site(seed)
        for state in [nil] + DeviceState.allCases {
            var found: [Device] = []
            while true {
                let page = try await rig.rooms.devices.devices(state: state, after: found.last?.id ?? "", limit: limit)
                found += page
                guard page.count == limit else { break }
            }
            let expected = all.values.filter { state == nil || $0.state == state }.map { DeviceID($0.id) }.sorted()
            #expect(found.map { DeviceID($0.id) } == expected)
            #expect(
                found.allSatisfy {
                    $0.state == all[DeviceID($0.id)]?.state && $0.serial == all[DeviceID($0.id)]?.serial
                })
        }
        let counts = Dictionary(grouping: all.values, by: \.state).mapValues(\.count)
        #expect(try await rig.rooms.devices.deviceCounts() == counts)
    }

    @Test(arguments: [4, 5] as [UInt64])
    func certificatesThatEnd_AreThoseOfApprovedDevices_FirstOnesInFront(seed: UInt64) async throws {
        let (rig, all) = try await Self.site(seed)
        for moment in [1_899_999_999, 1_900_000_000, 1_900_000_025, 1_900_000_050] as [Int64] {
            let found = try await rig.base.store.read { [devices = rig.rooms.devices] db in
                try devices.certified(endingBy: moment, in: db)
            }
            let expected = all.values.filter { device in
                device.state == .approved && device.serial != nil && (device.notAfter ?? .max) <= moment
            }
            #expect(Set(found.map { DeviceID($0.id) }) == Set(expected.map { DeviceID($0.id) }))
            let ends = found.compactMap { all[DeviceID($0.id)]?.notAfter }
            #expect(ends == ends.sorted() && ends.count == found.count)
            #expect(found.allSatisfy { all[DeviceID($0.id)]?.serial == $0.serial })
            guard let one = expected.first else { continue }
            let single = try await rig.base.store.read { [devices = rig.rooms.devices] db in
                try devices.certified(endingBy: moment, device: one.id, in: db)
            }
            #expect(single.map { DeviceID($0.id) } == [DeviceID(one.id)])
        }
    }

    @Test func sightings_AreOfTheDevicesAskedAbout_ByTheirBytes() async throws {
        let rig = try await DevicesRig()
        for id in ["SK-1", "lamp", "door"] { try await rig.ask(id) }
        for _ in 0..<2 {
            rig.clock.advance(by: 20)
            try await rig.ask("lamp")
        }
        #expect(
            try await rig.rooms.devices.sightings(of: ["lamp", "SK-1", "S\u{212A}-1", "nobody"]) == [
                "lamp": 3, "SK-1": 1,
            ])
        #expect(try await rig.rooms.devices.sightings(of: []).isEmpty)
    }

    /// The holder of a key is who has a certificate for it that counts.
    @Test func holderOfAKey_NeedsACertificateThatCounts() async throws {
        let rig = try await DevicesRig(clock: ManualClock(at: 1_900_000_000))
        let key = try PrivateKey.makeP256()
        func isProven() async throws -> Bool { try await rig.authenticate("{\"a\":\"b\"}", key: key) != nil }
        try await rig.put("lamp", .approved, serial: "0a") { device in
            device.fingerprint = key.publicKey.fingerprint
            device.notAfter = 1_900_000_060
        }
        #expect(try await isProven())
        rig.clock.advance(by: 60)
        try await rig.end("lamp", as: .removed)
        try await rig.put("lamp", .approved, serial: "0a") { device in
            device.fingerprint = key.publicKey.fingerprint
            device.notAfter = 1_900_000_060
        }
        #expect(try await !isProven(), "it has ended")
    }
}
