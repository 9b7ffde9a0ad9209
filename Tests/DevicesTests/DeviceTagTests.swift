internal import Devices
internal import Journal
internal import JournalTestSupport
import Testing
import Wire

/// What operators note of devices.
@Suite struct DeviceTagTests {
    private static func tags(_ pairs: KeyValuePairs<String, String>) -> InventoryReport {
        InventoryReport(pairs.map { .init(name: $0.key, value: .string($0.value)) })
    }

    private static func kept(_ rig: DevicesRig) async throws -> [String] {
        try await rig.rooms.inventory.inventory(of: "lamp").attributes.filter { $0.scope == .tags }
            .map { "\($0.name)=\($0.value.elements)" }
    }

    private static func site() async throws -> DevicesRig {
        let rig = try await DevicesRig()
        try await rig.put("lamp", .approved, serial: "0a")
        return rig
    }

    private static func set(
        _ rig: DevicesRig, _ tags: InventoryReport, replacing: Bool = false, ifMatch: String? = nil
    ) async throws {
        try await rig.rooms.inventory.setTags(tags, of: "lamp", replacing: replacing, ifMatch: ifMatch, by: .hub)
    }

    @Test func tags_AreAddedOrReplaced_AndInTheTrailWhenTheyChange() async throws {
        let rig = try await Self.site()
        try await Self.set(rig, Self.tags(["room": "hall", "floor": "2"]))
        try await Self.set(rig, Self.tags(["room": "cellar"]))
        #expect(try await Self.kept(rig).count == 2)
        try await Self.set(rig, Self.tags(["room": "cellar"]))
        try await Self.set(rig, Self.tags(["room": "cellar"]), replacing: true)
        #expect(try await Self.kept(rig).count == 1)
        try await Self.set(rig, Self.tags([:]), replacing: true)
        #expect(try await Self.kept(rig).isEmpty)
        let events = try await rig.events(of: "lamp")
        #expect(events.map(\.action) == Array(repeating: "device.tags", count: 4), "the third one changed nothing")
        #expect(events.map(\.detail) == [2, 1, 1, 0].map { #"{"tags":"\#($0)"}"# })
    }

    @Test func conditionalWrite_NeedsWhatTheCallerHasSeen() async throws {
        let rig = try await Self.site()
        func tag() async throws -> String { try await rig.rooms.inventory.inventory(of: "lamp").tagsTag }
        let empty = try await tag()
        try await Self.set(rig, Self.tags(["room": "hall"]), ifMatch: empty)
        let first = try await tag()
        #expect(first != empty && first.utf8.count == 32)
        await #expect(throws: InventoryError.tagsChanged) {
            try await Self.set(rig, Self.tags(["room": "cellar"]), ifMatch: empty)
        }
        try await Self.set(rig, Self.tags(["room": "cellar"]), ifMatch: first)
        #expect(try await tag() != first)
        try await Self.set(rig, Self.tags(["room": "hall"]))
        #expect(try await tag() == first, "the name is of the content, not of the time")
    }

    @Test func tagsPastTheBounds_ChangeNothing() async throws {
        let rig = try await Self.site()
        let twenty = InventoryReport((0..<20).map { .init(name: "t\($0)", value: .string("x")) })
        try await Self.set(rig, twenty)
        let before = try await Self.kept(rig)
        await #expect(throws: InventoryError.invalidTags(reason: "a device has at most 20 tags")) {
            try await Self.set(rig, Self.tags(["t0": "y", "one more": "x"]))
        }
        await #expect(throws: InventoryError.invalidTags(reason: "a device has at most 20 tags")) {
            try await Self.set(
                rig, InventoryReport((0..<21).map { .init(name: "u\($0)", value: .string("x")) }), replacing: true)
        }
        for value in [AttributeValue.number("1"), .strings(["a"]), .numbers(["1"])] {
            await #expect(throws: InventoryError.invalidTags(reason: "a tag's value is a string")) {
                try await Self.set(rig, InventoryReport([.init(name: "t0", value: value)]))
            }
        }
        #expect(try await Self.kept(rig) == before)
        try await Self.set(rig, Self.tags(["other": "x"]), replacing: true)
        #expect(try await Self.kept(rig).count == 1)
    }

    @Test func tagsOfNobody_AreRefused_AndReportsLeaveTagsAlone() async throws {
        let rig = try await Self.site()
        await #expect(throws: DevicesError.unknownDevice("nobody")) {
            try await rig.rooms.inventory.setTags(
                Self.tags(["a": "b"]), of: "nobody", replacing: false, ifMatch: nil, by: .hub)
        }
        try await Self.set(rig, Self.tags(["room": "hall"]))
        let before = try await rig.rooms.inventory.inventory(of: "lamp").tagsTag
        try await rig.rooms.inventory.replaceInventory(Self.tags(["room": "attic"]), of: "lamp")
        #expect(try await rig.rooms.inventory.inventory(of: "lamp").tagsTag == before)
    }

    @Test func tagsThatLookAlike_AreTwo_AndAChangeOfBytesIsAChange() async throws {
        let rig = try await Self.site()
        try await Self.set(rig, Self.tags(["é": "1", "e\u{301}": "2", "room": "é"]))
        #expect(try await Self.kept(rig).count == 3)
        try await Self.set(rig, Self.tags(["room": "e\u{301}"]))
        let room = try await rig.rooms.inventory.inventory(of: "lamp").attributes.first { $0.name == "room" }
        guard case .string(let text) = room?.value else { Issue.record("no text"); return }
        #expect(text.unicodeScalars.count == 2)
    }
}
