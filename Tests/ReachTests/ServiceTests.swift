internal import BaseTestSupport
internal import Devices
internal import Journal
internal import JournalTestSupport
import Reach
import Testing

/// The directory of services that operators fill.
@Suite struct ServiceTests {
    private static func mqtts(_ host: String) -> ServiceEntry {
        ServiceEntry(name: "mqtts", url: "mqtts://\(host):8883")
    }

    @Test func service_IsAdded_Changed_AndRemoved_EachInTheTrail() async throws {
        let rig = try await ReachRig()
        let reach = rig.reach
        try await reach.addService(Self.mqtts("a.local"), by: .hub)
        try await reach.addService(ServiceEntry(name: "web", url: "https://b.local/x", ou: "service"), by: .hub)
        try await reach.addService(Self.mqtts("c.local"), by: .hub)
        #expect(
            try await reach.services() == [
                Self.mqtts("c.local"), ServiceEntry(name: "web", url: "https://b.local/x", ou: "service"),
            ])
        try await reach.removeService("web", by: .hub)
        #expect(try await reach.services() == [Self.mqtts("c.local")])
        await #expect(throws: ReachError.unknownService("web")) { try await reach.removeService("web", by: .hub) }
        let events = try await rig.events()
        #expect(
            events.map { "\($0.action) \($0.subject)" } == [
                "service.add mqtts", "service.add web", "service.add mqtts", "service.remove web",
            ])
        #expect(events[2].detail == #"{"url":"mqtts://c.local:8883"}"#)
    }

    /// Whoever keeps a copy sees by a number that it is stale.
    @Test func version_GrowsWithEveryChange_AndWithNothingElse() async throws {
        let rig = try await ReachRig()
        var last = rig.reach.servicesVersion
        func grew() -> Bool {
            defer { last = rig.reach.servicesVersion }
            return rig.reach.servicesVersion > last
        }
        try await rig.reach.addService(Self.mqtts("a.local"), by: .hub)
        #expect(grew())
        _ = try await rig.reach.services()
        _ = try? await rig.reach.removeService("web", by: .hub)
        _ = try? await rig.reach.addService(ServiceEntry(name: "a b", url: "x://y"), by: .hub)
        #expect(!grew())
        try await rig.reach.removeService("mqtts", by: .hub)
        #expect(grew())
    }

    @Test(arguments: [
        "", " ", "a b", "ä", "\u{212A}", "a/b", "a:b", "a\n", "[x]", "{", "`", "@", String(repeating: "n", count: 65),
    ])
    func name_OfOtherThanPlainLetters_IsRefused(_ name: String) async throws {
        let rig = try await ReachRig()
        await #expect(throws: ReachError.invalidService(reason: "a name is 1 to 64 letters, digits, '-', '_' or '.'")) {
            try await rig.reach.addService(ServiceEntry(name: name, url: "mqtts://a.local"), by: .hub)
        }
        #expect(try await rig.reach.services().isEmpty)
        #expect(try await rig.events().isEmpty)
    }

    @Test(arguments: ["a", "A-Z_0.9", "mqtts", String(repeating: "n", count: 64)])
    func plainName_IsTaken(_ name: String) async throws {
        let rig = try await ReachRig()
        try await rig.reach.addService(ServiceEntry(name: name, url: "mqtts://a.local"), by: .hub)
        #expect(try await rig.reach.services().map(\.name) == [name])
    }

    @Test(arguments: [
        ("mqtts://a.local", true), ("https://[2001:db8::1]:8443/x?y=z", true), ("x://y", true),
        ("https://a.local/" + String(repeating: "x", count: 496), true),
        ("https://a.local/" + String(repeating: "x", count: 497), false), ("", false), ("a.local", false),
        ("mqtts:", false), ("mqtts://", false), ("/path", false), ("https:///path", false),
    ])
    func url_NeedsSchemeAndHost(_ url: String, isTaken: Bool) async throws {
        let rig = try await ReachRig()
        let entry = ServiceEntry(name: "web", url: url)
        if isTaken {
            try await rig.reach.addService(entry, by: .hub)
        } else {
            await #expect(throws: ReachError.self) { try await rig.reach.addService(entry, by: .hub) }
        }
        #expect(try await rig.reach.services() == (isTaken ? [entry] : []))
    }

    @Test func fullDirectory_TakesNoFurtherService_ButMayBeChanged() async throws {
        let rig = try await ReachRig()
        try await withThrowingTaskGroup { group in
            for number in 0..<256 {
                let entry = ServiceEntry(name: "s\(number)", url: "x://y\(number)")
                group.addTask { try await rig.reach.addService(entry, by: .hub) }
            }
            try await group.waitForAll()
        }
        await #expect(throws: ReachError.invalidService(reason: "256 services are the most a directory holds")) {
            try await rig.reach.addService(ServiceEntry(name: "more", url: "x://y"), by: .hub)
        }
        try await rig.reach.addService(ServiceEntry(name: "s7", url: "x://new"), by: .hub)
        #expect(try await rig.reach.services().first { $0.name == "s7" }?.url == "x://new")
        #expect(try await rig.reach.services().count == 256)
        try await rig.reach.removeService("s8", by: .hub)
        try await rig.reach.addService(ServiceEntry(name: "more", url: "x://y"), by: .hub)
    }

    /// Random changes, beside a map.
    @Test(arguments: [1, 2] as [UInt64]) func directory_HasWhatTheModelHas_ByName(seed: UInt64) async throws {
        var generator = SeededGenerator(seed)
        let rig = try await ReachRig()
        var model: [String: ServiceEntry] = [:]
        for number in 0..<120 {
            let name = generator.pick(["a", "A", "b.c", "b-c", "b_c", "0"])
            if Int.random(in: 0..<3, using: &generator) > 0 {
                let entry = ServiceEntry(name: name, url: "x://h\(number)", ou: generator.pick([nil, "service"]))
                try await rig.reach.addService(entry, by: .hub)
                model[name] = entry
            } else if model[name] != nil {
                try await rig.reach.removeService(name, by: .hub)
                model[name] = nil
            } else {
                await #expect(throws: ReachError.unknownService(name)) {
                    try await rig.reach.removeService(name, by: .hub)
                }
            }
            let expected = model.values.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
            #expect(try await rig.reach.services() == expected)
        }
    }
}
