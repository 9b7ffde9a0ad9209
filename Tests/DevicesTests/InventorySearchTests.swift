internal import BaseTestSupport
internal import Devices
internal import Filters
internal import Journal
internal import JournalTestSupport
internal import Store
import Testing
import Wire

/// Searches over all devices, beside a plain evaluation of each device's attributes.
@Suite struct InventorySearchTests {
    private typealias Attribute = InventoryReport.Attribute
    private typealias Term = InventoryFilter.Term

    private static let names = ["os", "mem", "ip", "é", "e\u{301}"]
    private static let texts = [
        "debian", "Debian", "", "é", "e\u{301}", "[1]", "100%", "a_b", "\"q\"", "\\", "12",
        String(repeating: "long ", count: 20),
        String(repeating: "long ", count: 19) + "end",
    ]
    private static let numbers = ["1", "1.0", "2", "-3", "1e2", "100"]

    private static func value(_ generator: inout SeededGenerator) -> AttributeValue {
        switch Int.random(in: 0..<6, using: &generator) {
        case 0, 1, 2: .string(generator.pick(texts))
        case 3: .number(generator.pick(numbers))
        case 4: .strings([generator.pick(texts), generator.pick(texts)])
        default: .numbers([generator.pick(numbers), generator.pick(numbers)])
        }
    }

    /// Devices with random attributes and tags; some speak the update protocol, some are in a group.
    private static func site(_ generator: inout SeededGenerator) async throws -> DevicesRig {
        let rig = try await DevicesRig()
        for number in 0..<30 {
            let id = "\(generator.pick(["K", "\u{212A}", "z"]))\(number)"
            try await rig.put(id, generator.pick([.approved, .approved, .pending]), serial: "\(number)")
            let report = InventoryReport(
                (0..<4).map { _ in Attribute(name: generator.pick(names), value: value(&generator)) })
            try await rig.rooms.inventory.replaceInventory(report, of: id)
            if Bool.random(using: &generator) {
                let tag = Attribute(name: generator.pick(names), value: .string(generator.pick(texts)))
                try await rig.rooms.inventory.setTags(
                    InventoryReport([tag]), of: id, replacing: true, ifMatch: nil, by: .hub)
            }
            if Bool.random(using: &generator) {
                _ = try await rig.authenticate("{\"é\":\"\(number % 5)\"}", certified: id)
            }
            if Bool.random(using: &generator) {
                try await rig.rooms.inventory.addToGroup(generator.pick(["hall", "cellar"]), [id], by: .hub)
            }
        }
        return rig
    }

    private static func term(_ generator: inout SeededGenerator) throws -> Term {
        let scope = generator.pick([InventoryScope.inventory, .inventory, .inventory, .tags, .identity])
        let key = AttributeKey(
            scope, scope == .identity ? generator.pick(["status", "é", "e\u{301}"]) : generator.pick(names))
        switch Int.random(in: 0..<9, using: &generator) {
        case 0:
            return Term(AttributeKey(.system, "group"), .equals(.string(generator.pick(["hall", "cellar", "attic"]))))
        case 1: return Term(key, .equals(value(&generator)))
        case 2: return Term(key, .differs(value(&generator)))
        case 3: return Term(key, .isOneOf([.string(generator.pick(texts)), .string(generator.pick(texts))]))
        case 4: return Term(key, .isOneOf([.string(generator.pick(texts)), .number(generator.pick(numbers))]))
        case 5: return Term(key, .isNoneOf([.string(generator.pick(texts)), .number(generator.pick(numbers))]))
        case 6: return Term(key, .exists(Bool.random(using: &generator)))
        case 7:
            let bound: AttributeValue = Bool.random(using: &generator) ? .string(generator.pick(texts)) : .number("1")
            return Term(key, .compares(generator.pick(InventoryFilter.Comparison.allCases), bound))
        default: return Term(key, .matches(try FilterPattern(generator.pick(["^deb", "e", "[0-9]$", "(?i)DEBIAN"]))))
        }
    }

    /// The devices for which a filter holds when everything known of each is looked at.
    private static func expected(
        _ filter: InventoryFilter, of all: [DeviceInventory], onlyIdentified: Bool
    ) throws -> [DeviceID] {
        try all.filter { device in
            guard device.identityID != nil || !onlyIdentified else { return false }
            var budget = PatternBudget.search
            return try filter.matches(within: &budget) { key in
                device.attributes.first { $0.scope == key.scope && $0.name.utf8.elementsEqual(key.name.utf8) }?.value
            }
        }.map { DeviceID($0.deviceID) }.sorted()
    }

    private static func everything(_ rig: DevicesRig) async throws -> [DeviceInventory] {
        var all: [DeviceInventory] = []
        for id in try await rig.ids() { all.append(try await rig.rooms.inventory.inventory(of: id)) }
        return all
    }

    @Test(.timeLimit(.minutes(2)), arguments: [51, 52, 53] as [UInt64])
    func filter_FindsWhomItMeans_WhateverTheIndexesSay(seed: UInt64) async throws {
        var generator = SeededGenerator(seed)
        let rig = try await Self.site(&generator)
        let all = try await Self.everything(rig)
        var hits = 0
        for _ in 0..<150 {
            let terms = try (0..<Int.random(in: 1...2, using: &generator)).map { _ in try Self.term(&generator) }
            let filter = try InventoryFilter(terms)
            for onlyIdentified in [true, false] {
                let found = try await rig.rooms.inventory.devices(matching: filter, onlyIdentified: onlyIdentified)
                let expected = try Self.expected(filter, of: all, onlyIdentified: onlyIdentified)
                #expect(found.map { DeviceID($0) } == expected, "\(terms.map(\.text))")
                hits += expected.count
            }
            let one = generator.pick(all)
            let isMeant = try await rig.base.store.read { [inventory = rig.rooms.inventory] db in
                try inventory.matches(deviceID: one.deviceID, filter, in: db)
            }
            #expect(isMeant == (try Self.expected(filter, of: [one], onlyIdentified: false).count == 1))
        }
        #expect(hits > 100, "a search that finds nothing shows nothing")
    }

    @Test(arguments: [54, 55] as [UInt64])
    func pages_HaveEachDeviceOnce_InTheOrderAskedFor(seed: UInt64) async throws {
        var generator = SeededGenerator(seed)
        let rig = try await Self.site(&generator)
        let all = try await Self.everything(rig)
        for isDescending in [false, true] {
            var query = InventoryQuery()
            query.onlyIdentified = false
            query.order = [.init(AttributeKey(.inventory, "mem"), isDescending: isDescending)]
            var found: [DeviceInventory] = []
            while true {
                let page = try await rig.rooms.inventory.inventory(query, offset: found.count, limit: 7)
                #expect(page.total == all.count)
                found += page.devices
                guard page.devices.count == 7 else { break }
            }
            #expect(found.count == all.count)
            let ranked = found.map { (Self.rank($0, isDescending), DeviceID($0.deviceID)) }
            for (one, next) in zip(ranked, ranked.dropFirst()) {
                #expect(one.0.isBefore(next.0) ?? (one.1 < next.1), "\(one.1) before \(next.1)")
            }
        }
    }

    /// What a device is sorted by: numbers before texts, each by value, and who has none of them last.
    private struct Rank {
        let kind: Int
        let number: Double
        let text: [UInt8]
        let isDescending: Bool

        /// `nil` when both are the same.
        func isBefore(_ other: Rank) -> Bool? {
            if kind != other.kind { return kind < other.kind }
            if number != other.number { return (number < other.number) != isDescending }
            if text == other.text { return nil }
            return text.lexicographicallyPrecedes(other.text) != isDescending
        }
    }

    private static func rank(_ device: DeviceInventory, _ isDescending: Bool) -> Rank {
        let value = device.attributes.first { $0.scope == .inventory && $0.name == "mem" }?.value.elements.first
        return switch value {
        case .number(let text):
            Rank(
                kind: isDescending ? 1 : 0, number: Double(text) ?? 0, text: [], isDescending: isDescending)
        case .string(let text):
            Rank(
                kind: isDescending ? 0 : 1, number: 0, text: Array(text.utf8), isDescending: isDescending)
        default: Rank(kind: 2, number: 0, text: [], isDescending: isDescending)
        }
    }
}
