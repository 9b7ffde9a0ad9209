internal import BaseTestSupport
internal import Devices
internal import Encoding
internal import Journal
internal import JournalTestSupport
import Testing
import Wire

/// What devices report of themselves, kept as they said it.
@Suite struct InventoryReportTests {
    private typealias Attribute = InventoryReport.Attribute

    private static func site() async throws -> DevicesRig {
        let rig = try await DevicesRig(clock: ManualClock(at: 1_900_000_000))
        for id in ["lamp", "door"] { try await rig.put(id, .approved, serial: "0a") }
        return rig
    }

    /// What is kept of a scope: name → value as JSON, description, time.
    private static func kept(
        _ rig: DevicesRig, _ scope: InventoryScope = .inventory, of id: String = "lamp"
    ) async throws -> [[UInt8]: Kept] {
        let attributes = try await rig.rooms.inventory.inventory(of: id).attributes.filter { $0.scope == scope }
        var kept: [[UInt8]: Kept] = [:]
        for attribute in attributes {
            kept[Array(attribute.name.utf8)] = Kept(attribute.value, attribute.description, attribute.at)
        }
        #expect(kept.count == attributes.count)
        return kept
    }

    private struct Kept: Equatable {
        let value: [UInt8]
        let description: [UInt8]?
        let at: Int64

        init(_ value: AttributeValue, _ description: String?, _ at: Int64) {
            (self.value, self.description, self.at) = (value.json.encoded(), description.map { Array($0.utf8) }, at)
        }

        func says(_ other: Kept) -> Bool { value == other.value && description == other.description }
    }

    private static func randomReport(_ generator: inout SeededGenerator) -> [Attribute] {
        (0..<Int.random(in: 0...8, using: &generator)).map { _ in
            let name = generator.pick(["os", "mem", "ip", "é", "e\u{301}", "a\u{0}b", "a", "\"quoted\"", "温 度"])
            let value: AttributeValue =
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: .string(generator.pick(["", "debian", "é", "e\u{301}", "\u{0}", "[1]"]))
                case 1: .number(generator.pick(["1", "1.0", "-0", "1e3", "12345678901234567890"]))
                case 2: .strings(generator.pick([[], ["a"], ["é", "b"], ["e\u{301}", "b"]]))
                default: .numbers(generator.pick([["1"], ["1", "2"]]))
                }
            return Attribute(
                name: name, value: value, description: generator.pick([nil, "what it is", "é", "e\u{301}", ""]))
        }
    }

    /// Whole and partial reports in any order, beside a plain map.
    @Test(arguments: [41, 42, 43, 44] as [UInt64])
    func reports_LeaveWhatTheModelHas(seed: UInt64) async throws {
        var generator = SeededGenerator(seed)
        let rig = try await Self.site()
        var model: [[UInt8]: Kept] = [:]
        for _ in 0..<60 {
            rig.clock.advance(by: generator.pick([0, 1, 600, 3599, 3600]))
            let report = Self.randomReport(&generator)
            let isWhole = Bool.random(using: &generator)
            var next = isWhole ? [:] : model
            for attribute in report {
                next[Array(attribute.name.utf8)] = Kept(attribute.value, attribute.description, rig.clock.now)
            }
            // Only what is different has become so now.
            for (name, new) in next { if let known = model[name], known.says(new) { next[name] = known } }
            model = next
            let message = InventoryReport(report)
            if isWhole {
                try await rig.rooms.inventory.replaceInventory(message, of: "lamp")
            } else {
                try await rig.rooms.inventory.mergeInventory(message, of: "lamp")
            }
            #expect(try await Self.kept(rig) == model)
        }
        #expect(try await Self.kept(rig, of: "door").isEmpty)
        #expect(try await rig.actions().isEmpty, "what devices say of themselves is not in the trail")
    }

    /// The same again is written once in an hour; a clock that was set back counts as long ago.
    @Test(arguments: [(0, 0), (3599, 0), (3600, 3600), (-1, -1)] as [(Int64, Int64)], [true, false])
    func sameReport_IsWrittenDownOnceInAnHour(_ times: (after: Int64, updated: Int64), isWhole: Bool) async throws {
        let rig = try await Self.site()
        let report = InventoryReport([Attribute(name: "os", value: .string("debian"))])
        rig.clock.advance(by: 60)
        for jump in [0, times.after] {
            rig.clock.jump(by: jump)
            if isWhole {
                try await rig.rooms.inventory.replaceInventory(report, of: "lamp")
            } else {
                try await rig.rooms.inventory.mergeInventory(report, of: "lamp")
            }
        }
        let inventory = try await rig.rooms.inventory.inventory(of: "lamp")
        #expect(inventory.updatedAt == 1_900_000_060 + times.updated)
        #expect(inventory.attributes.first { $0.name == "os" }?.at == 1_900_000_060, "it became so then")
    }

    @Test func partialReport_AfterAWholeOne_LetsTheWholeOneBeWrittenAgain() async throws {
        let rig = try await Self.site()
        let whole = InventoryReport([Attribute(name: "os", value: .string("debian"))])
        try await rig.rooms.inventory.replaceInventory(whole, of: "lamp")
        try await rig.rooms.inventory.mergeInventory(
            InventoryReport([Attribute(name: "mem", value: .number("512"))]), of: "lamp")
        #expect(try await Self.kept(rig).count == 2)
        try await rig.rooms.inventory.replaceInventory(whole, of: "lamp")
        #expect(try await Self.kept(rig).count == 1)
    }

    /// A hundred attributes and 1 MiB of each scope; past that nothing of the report is kept.
    @Test func reportPastTheBounds_ChangesNothing() async throws {
        let rig = try await Self.site()
        let inventory = rig.rooms.inventory
        let many = (0..<100).map { Attribute(name: "a\($0)", value: .number("1")) }
        try await inventory.replaceInventory(InventoryReport(many), of: "lamp")
        let before = try await Self.kept(rig)
        #expect(before.count == 100)
        let more = Attribute(name: "more", value: .number("1"))
        await #expect(throws: InventoryError.tooManyAttributes) {
            try await inventory.replaceInventory(InventoryReport(many + [more]), of: "lamp")
        }
        let changed = Attribute(name: "a0", value: .number("2"))
        await #expect(throws: InventoryError.tooManyAttributes) {
            try await inventory.mergeInventory(InventoryReport([changed, more]), of: "lamp")
        }
        #expect(try await Self.kept(rig) == before)
        try await inventory.mergeInventory(InventoryReport([changed]), of: "lamp")
        let half = String(repeating: "x", count: InventoryLimits.bytes / 2)
        await #expect(throws: InventoryError.tooLarge) {
            let large = ["b", "c"].map { Attribute(name: $0, value: .string(half)) }
            try await inventory.replaceInventory(InventoryReport(large), of: "lamp")
        }
        #expect(try await Self.kept(rig).count == 100)
        // Two quotes and a name of one byte count as well.
        let fits = String(repeating: "x", count: InventoryLimits.bytes - 3)
        let fitting = Attribute(name: "b", value: .string(fits))
        try await inventory.replaceInventory(InventoryReport([fitting]), of: "lamp")
        await #expect(throws: InventoryError.tooLarge) {
            try await inventory.mergeInventory(InventoryReport([Attribute(name: "c", value: .number("1"))]), of: "lamp")
        }
        #expect(try await Self.kept(rig).count == 1)
    }

    @Test func inventoryThatIsRemoved_IsInTheTrail_AndGoesWithTagsAndGroup() async throws {
        let rig = try await Self.site()
        let inventory = rig.rooms.inventory
        let report = InventoryReport([Attribute(name: "os", value: .string("debian"))])
        for id in ["lamp", "door"] {
            try await inventory.replaceInventory(report, of: id)
            try await inventory.setTags(report, of: id, replacing: true, ifMatch: nil, by: .hub)
            try await inventory.addToGroup("hall", [id], by: .hub)
        }
        try await inventory.removeInventory(of: "lamp", by: .hub)
        #expect(
            try await inventory.inventory(of: "lamp").attributes.allSatisfy { [.identity, .system].contains($0.scope) })
        #expect(try await inventory.devices(inGroup: "hall", onlyIdentified: false) == ["door"])
        #expect(try await rig.actions(of: "lamp").last == "inventory.remove")
        try await inventory.replaceInventory(report, of: "lamp")
        #expect(try await Self.kept(rig).count == 1, "the same report counts again")
    }
}
