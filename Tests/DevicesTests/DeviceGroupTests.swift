internal import BaseTestSupport
internal import Devices
internal import Encoding
internal import Filters
internal import Journal
internal import JournalTestSupport
internal import Store
import Testing
import Wire

/// Sets of devices: those that an operator chose, and those that follow from a filter.
@Suite struct DeviceGroupTests {
    private static func site(_ count: Int = 4) async throws -> DevicesRig {
        let rig = try await DevicesRig()
        for number in 0..<count { try await rig.put("d\(number)", .approved, serial: "\(number)") }
        return rig
    }

    private static func filter(_ os: String) throws -> InventoryFilter {
        try InventoryFilter([.init(AttributeKey(.inventory, "os"), .equals(.string(os)))])
    }

    private static func report(_ rig: DevicesRig, _ id: String, os: String) async throws {
        try await rig.rooms.inventory.replaceInventory(
            InventoryReport([.init(name: "os", value: .string(os))]), of: id)
    }

    private static func members(_ rig: DevicesRig, _ name: String) async throws -> [String] {
        try await rig.rooms.inventory.devices(inGroup: name, onlyIdentified: false)
    }

    /// Random changes of chosen groups, beside a map from device to group.
    @Test(arguments: [61, 62, 63] as [UInt64])
    func device_IsInOneChosenGroupAtMost(seed: UInt64) async throws {
        var generator = SeededGenerator(seed)
        let rig = try await Self.site(8)
        let inventory = rig.rooms.inventory
        var model: [String: String] = [:]
        for _ in 0..<80 {
            let name = generator.pick(["hall", "cellar", "attic"])
            let chosen = (0..<Int.random(in: 1...4, using: &generator)).map { _ in
                generator.pick((0..<9).map { "d\($0)" })
            }
            let known = Set(chosen).subtracting(["d8"])
            switch Int.random(in: 0..<4, using: &generator) {
            case 0, 1:
                let change = try await inventory.addToGroup(name, chosen, by: .hub)
                #expect(change.matched == known.count)
                #expect(change.updated == known.filter { model[$0] != name }.count)
                for id in known { model[id] = name }
            case 2:
                let removed = try await inventory.removeFromGroup(name, chosen, by: .hub)
                #expect(removed == known.filter { model[$0] == name }.count)
                for id in known where model[id] == name { model[id] = nil }
            default:
                let count = model.values.filter { $0 == name }.count
                #expect(try await inventory.deleteGroup(name, by: .hub) == (count == 0 ? nil : count))
                model = model.filter { $0.value != name }
            }
            let groups = try await inventory.groups()
            let expected = Dictionary(grouping: model.keys) { model[$0] ?? "" }
            #expect(groups.map(\.name) == expected.keys.sorted(), "a group is there while it has members")
            #expect(groups.allSatisfy { $0.filter == nil && $0.members == expected[$0.name]?.count })
            for (name, ids) in expected { #expect(try await Self.members(rig, name) == ids.sorted()) }
            for number in 0..<8 { #expect(try await inventory.group(of: "d\(number)") == model["d\(number)"]) }
        }
    }

    @Test func dynamicGroup_FollowsWhatDevicesReport() async throws {
        let rig = try await Self.site()
        let inventory = rig.rooms.inventory
        try await inventory.addGroup("debian", filter: try Self.filter("debian"), by: .hub)
        #expect(try await Self.members(rig, "debian").isEmpty)
        for id in ["d2", "d0"] { try await Self.report(rig, id, os: "debian") }
        try await Self.report(rig, "d1", os: "yocto")
        #expect(try await Self.members(rig, "debian") == ["d0", "d2"])
        try await Self.report(rig, "d0", os: "yocto")
        #expect(try await Self.members(rig, "debian") == ["d2"])
        #expect(try await inventory.groups() == [try await inventory.group("debian")])
        #expect(try await inventory.group("debian").filter == (try Self.filter("debian")))
        _ = try await rig.authenticate(#"{"a":"b"}"#, certified: "d2")
        let page = try await inventory.members(ofGroup: "debian", offset: 0, limit: 9)
        #expect(page.total == 1 && page.members.map(\.deviceID) == ["d2"] && page.members[0].identityID != nil)
        #expect(try await inventory.deleteGroup("debian", by: .hub) == 0)
        #expect(try await inventory.deleteGroup("debian", by: .hub) == nil)
    }

    @Test func names_AreOfOneKind() async throws {
        let rig = try await Self.site()
        let inventory = rig.rooms.inventory
        try await inventory.addToGroup("hall", ["d0"], by: .hub)
        try await inventory.addGroup("debian", filter: try Self.filter("debian"), by: .hub)
        for name in ["hall", "debian"] {
            await #expect(throws: InventoryError.groupExists(name)) {
                try await inventory.addGroup(name, filter: try Self.filter("x"), by: .hub)
            }
        }
        await #expect(throws: InventoryError.groupIsDynamic("debian")) {
            try await inventory.addToGroup("debian", ["d0"], by: .hub)
        }
        await #expect(throws: InventoryError.groupIsDynamic("debian")) {
            try await inventory.removeFromGroup("debian", ["d0"], by: .hub)
        }
        await #expect(throws: InventoryError.unknownGroup("attic")) { try await inventory.group("attic") }
        let answers = try await rig.base.store.read { db in
            try ["hall", "debian", "attic"].map { try inventory.isGroup($0, in: db) }
        }
        #expect(answers == [true, true, false])
        #expect(try await Self.members(rig, "attic").isEmpty)
    }

    @Test(arguments: ["", "a b", "hall/1", "hällo", "a.b", "\u{212A}", String(repeating: "x", count: 1025)])
    func badName_IsRefused(_ name: String) async throws {
        let rig = try await Self.site(1)
        await #expect(throws: InventoryError.invalidGroup) {
            try await rig.rooms.inventory.addToGroup(name, ["d0"], by: .hub)
        }
        await #expect(throws: InventoryError.invalidGroup) {
            try await rig.rooms.inventory.addGroup(name, filter: try Self.filter("x"), by: .hub)
        }
        #expect(try await rig.rooms.inventory.groups().isEmpty)
    }

    @Test func filterOfNothing_MakesNoGroup() async throws {
        let rig = try await Self.site(1)
        await #expect(throws: InventoryError.invalidFilter(reason: "a filter needs a term")) {
            try await rig.rooms.inventory.addGroup("all", filter: .all, by: .hub)
        }
    }

    @Test func thousandAndFirstDynamicGroup_IsRefused() async throws {
        let rig = try await Self.site(1)
        let inventory = rig.rooms.inventory
        let filter = try Self.filter("x")
        try await withThrowingTaskGroup { group in
            for number in 0..<1000 {
                group.addTask { try await inventory.addGroup("g\(number)", filter: filter, by: .hub) }
            }
            try await group.waitForAll()
        }
        await #expect(throws: InventoryError.tooManyGroups(limit: 1000)) {
            try await inventory.addGroup("more", filter: filter, by: .hub)
        }
        try await inventory.addToGroup("hall", ["d0"], by: .hub)
        _ = try await inventory.deleteGroup("g7", by: .hub)
        try await inventory.addGroup("more", filter: filter, by: .hub)
    }

    @Test func trail_NamesASingleDevice_AndCountsMany() async throws {
        let rig = try await Self.site()
        let inventory = rig.rooms.inventory
        try await inventory.addToGroup("hall", ["d0"], by: .hub)
        try await inventory.addToGroup("hall", ["d0", "d1", "d2", "nobody"], by: .hub)
        try await inventory.addToGroup("hall", ["d0", "d1"], by: .hub)
        try await inventory.removeFromGroup("hall", ["d3"], by: .hub)
        try await inventory.removeFromGroup("hall", ["d2"], by: .hub)
        _ = try await inventory.deleteGroup("hall", by: .hub)
        let events = try await rig.events(of: "hall")
        #expect(events.map(\.action) == ["group.add", "group.add", "group.remove", "group.delete"])
        #expect(
            events.map(\.detail) == [
                #"{"device":"d0"}"#, #"{"devices":"2"}"#, #"{"device":"d2"}"#, #"{"members":"2"}"#,
            ])
    }
}
