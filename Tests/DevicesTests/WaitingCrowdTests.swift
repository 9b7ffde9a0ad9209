internal import Devices
internal import Journal
internal import JournalTestSupport
import PKI
import Testing
import Wire

/// What strangers can make the list of waiting devices look like, and what it costs.
@Suite struct WaitingCrowdTests {
    private static func sighting(_ address: String, key: String = "aa") -> Sighting {
        Sighting(address: address, mac: "", fingerprint: String(repeating: key, count: 32))
    }

    private static func ask(
        _ rooms: DevicesRig.Rooms, _ id: String, from address: String, key: String = "aa"
    ) async throws {
        _ = try await rooms.devices.recordPending(
            id, sighting(address, key: key), by: Requester(name: "anonymous", address: address))
    }

    private static func isSeen(_ id: String, _ rooms: DevicesRig.Rooms) async -> Bool {
        (try? await rooms.devices.device(id)) != nil
    }

    private static func actions(_ rooms: DevicesRig.Rooms, _ action: String) async throws -> [AuditEvent] {
        try await rooms.journal.auditEvents(before: nil, subject: nil, limit: 20_000).filter { $0.action == action }
    }

    /// The flood of the review: 158 sources with 64 invented devices each.
    @Test(.timeLimit(.minutes(5))) func floodOfManySources_LeavesRoomForADeviceThatIsAlone() async throws {
        let rig = try await DevicesRig { $0.pendingTotal = 1000 }
        let rooms = rig.rooms
        let hook = try await rooms.journal.addWebhook(NewWebhook(url: "https://desk.example/h"), by: .hub).webhook
        try await Self.ask(rooms, "first-device", from: "192.0.2.1")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for source in 0..<158 {
                group.addTask {
                    for number in 0..<64 {
                        try await Self.ask(rooms, "ghost-\(source)-\(number)", from: "198.51.100.\(source)")
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await rooms.devices.deviceCounts() == [.pending: 1000])
        try await Self.ask(rooms, "real-device", from: "192.0.2.200")
        #expect(await Self.isSeen("real-device", rooms))
        #expect(await Self.isSeen("first-device", rooms), "who was there before the flood stays")
        #expect(try await rooms.devices.deviceCounts() == [.pending: 1000])
        try await Self.ask(rooms, "ghost-0-64", from: "198.51.100.0")
        #expect(await !Self.isSeen("ghost-0-64", rooms))

        try await rooms.journal.writeAuditSums(isLast: true)
        let lines = try await Self.actions(rooms, "device.pending")
        #expect(lines.count == 201 && lines.first?.subject == "many", "200 lines, and one for all others")
        #expect(try await Self.actions(rooms, "device.crowded").count == 1)
        #expect(try await rooms.journal.webhook(hook.id).queued == 201)
        try await rooms.journal.writeAuditSums(isLast: true)
        #expect(try await Self.actions(rooms, "device.pending").count == 201)
    }

    @Test func mostCrowdedSource_LosesItsNewest_UntilAllHaveTheSame() async throws {
        let rig = try await DevicesRig { $0.pendingTotal = 12 }
        let rooms = rig.rooms
        for number in 0..<12 {
            rig.clock.advance(by: 1)
            try await Self.ask(rooms, "a\(number)", from: "192.0.2.1")
        }
        for number in 0..<12 {
            rig.clock.advance(by: 8)
            try await Self.ask(rooms, "b\(number)", from: "192.0.2.2")
        }
        let ids = try await rooms.devices.devices(state: .pending, after: "", limit: 99).map(\.id)
        #expect(ids == (0..<6).map { "a\($0)" } + (0..<6).map { "b\($0)" })
    }

    /// As many sources as places, one device each: the newest goes, so that an honest one that came before stays.
    @Test func oneDeviceOfEachSource_MakesRoomForTheNextByWhoAskedLongestAgo() async throws {
        let rig = try await DevicesRig { $0.pendingTotal = 4 }
        let rooms = rig.rooms
        for number in 0..<4 {
            rig.clock.advance(by: 1)
            try await Self.ask(rooms, "d\(number)", from: "192.0.2.\(number)")
        }
        // The first one asks again, as devices do that exist.
        rig.clock.advance(by: 60)
        try await Self.ask(rooms, "d0", from: "192.0.2.0")
        try await Self.ask(rooms, "new", from: "192.0.2.99")
        let ids = try await rooms.devices.devices(state: .pending, after: "", limit: 9).map(\.id)
        #expect(ids == ["d0", "d2", "d3", "new"])
    }

    /// A host has as many addresses of its /64 as it likes; within it the address counts.
    @Test func addressesOfOnePrefix_AreOneSource_AndSharedFairlyWithinIt() async throws {
        let rig = try await DevicesRig { $0.pendingTotal = 10 }
        let rooms = rig.rooms
        for number in 0..<10 { try await Self.ask(rooms, "g\(number)", from: "2001:db8::\(number / 5 + 1)") }
        try await Self.ask(rooms, "other-prefix", from: "2001:db8:0:1::1")
        try await Self.ask(rooms, "neighbour", from: "2001:db8::99")
        #expect(await Self.isSeen("other-prefix", rooms))
        #expect(await Self.isSeen("neighbour", rooms))
        #expect(try await rooms.devices.deviceCounts() == [.pending: 10])
    }

    /// While there is no room each try costs a transaction: a source has a few.
    @Test func sourceThatAsksWithoutEnd_IsTriedAFewTimes() async throws {
        let rig = try await DevicesRig { $0.pendingTotal = 10 }
        let rooms = rig.rooms
        for number in 0..<10 { try await Self.ask(rooms, "a\(number)", from: "192.0.2.1") }
        for number in 0..<1000 { try await Self.ask(rooms, "b\(number)", from: "192.0.2.2") }
        let ids = try await rooms.devices.devices(state: .pending, after: "", limit: 99).map(\.id)
        #expect(ids.count == 10 && ids.filter { $0.hasPrefix("b") } == (0..<5).map { "b\($0)" })
    }

    @Test func approvedDevice_IsNeverCrowdedOut() async throws {
        let rig = try await DevicesRig { $0.pendingTotal = 3 }
        let rooms = rig.rooms
        for number in 0..<3 { try await Self.ask(rooms, "d\(number)", from: "192.0.2.1") }
        try await rooms.devices.approve("d2", fingerprint: Self.sighting("").fingerprint ?? "", by: .hub)
        try await Self.ask(rooms, "new", from: "192.0.2.2")
        #expect(
            try await rooms.devices.devices(state: .pending, after: "", limit: 9).map(\.id) == ["d0", "d2", "new"])
    }

    @Test func otherKeysInAWaitingDevicesName_AreCounted_AndChangeNothingElse() async throws {
        let rig = try await DevicesRig()
        let rooms = rig.rooms
        try await Self.ask(rooms, "lamp", from: "192.0.2.1", key: "a1")
        let before = try await rooms.devices.device("lamp")
        for number in 0..<1000 {
            try await Self.ask(rooms, "lamp", from: "198.51.100.\(number % 250)", key: "b\(number % 10)")
            if number.isMultiple(of: 17) { rig.clock.advance(by: 1) }
        }
        var device = try await rooms.devices.device("lamp")
        #expect((1...4).contains(device.otherKeys), "59 s went by")
        #expect(device.otherFingerprints.count == 10)
        (device.otherKeys, device.otherSeen, device.otherFingerprints) = (0, nil, [])
        #expect(device == before)
        #expect(
            try await rooms.devices.sightings(of: ["lamp"])[DeviceID("lamp")] ?? 0 <= 15,
            "each key once, and the others every 20 s")
        #expect(try await Self.actions(rooms, "device.pending").count == 1)
        // Nor does the device itself write more, whatever addresses it shows.
        for number in 0..<1000 { try await Self.ask(rooms, "lamp", from: "192.0.2.\(number % 250)", key: "a1") }
        #expect(try await rooms.devices.sightings(of: ["lamp"])[DeviceID("lamp")] ?? 0 <= 16)
    }

    @Test func keyThatNeverAsksAgain_GivesItsPlaceUpAfterADay() async throws {
        let rig = try await DevicesRig()
        let rooms = rig.rooms
        try await Self.ask(rooms, "lamp", from: "198.51.100.1", key: "a1")
        for _ in 0..<50 {
            rig.clock.advance(by: 1800)
            try await Self.ask(rooms, "lamp", from: "192.0.2.1", key: "b2")
        }
        try await rooms.devices.removeForgottenPending()
        try await Self.ask(rooms, "lamp", from: "192.0.2.1", key: "b2")
        #expect(try await rooms.devices.device("lamp").fingerprint == String(repeating: "b2", count: 32))
    }
}
