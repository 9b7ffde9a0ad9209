internal import Encoding
internal import Journal
internal import JournalTestSupport
internal import Store
import Testing
import Wire
@testable import Devices

/// What devices should be set to, and what they say they are.
@Suite struct ConfigurationTests {
    private static func settings(_ text: String) throws -> DeviceSettings {
        try DeviceSettings(parsing: Array(text.utf8))
    }

    private static func site() async throws -> DevicesRig {
        let rig = try await DevicesRig(clock: ManualClock(at: 1_900_000_000))
        try await rig.put("lamp", .approved, serial: "0a")
        return rig
    }

    private static func configured(_ rig: DevicesRig) async throws -> String {
        let configuration = try await rig.rooms.configurations.configuration(of: "lamp")
        return String(decoding: configuration.configured.encoded(), as: UTF8.self)
    }

    @Test func deviceThatNobodyConfigured_HasNothing() async throws {
        let rig = try await Self.site()
        #expect(try await rig.rooms.configurations.configuration(of: "lamp") == DeviceConfiguration())
        #expect(try await rig.rooms.configurations.configuration(of: "nobody") == DeviceConfiguration())
    }

    @Test func wish_AndReport_AreKeptBesideEachOther() async throws {
        let rig = try await Self.site()
        let configurations = rig.rooms.configurations
        try await configurations.setConfigured(try Self.settings(#"{"a":"1","secret":"s3cret"}"#), of: "lamp", by: .hub)
        rig.clock.advance(by: 60)
        try await configurations.setReported(try Self.settings(#"{"a":"0"}"#), of: "lamp")
        try await rig.base.store.write { db in
            let found = try configurations.setConfigurationDeployment("deployment", of: "lamp", in: db)
            #expect(found.configured.settings.count == 2, "what it is to bring")
        }
        let kept = try await configurations.configuration(of: "lamp")
        #expect(kept.configured == (try Self.settings(#"{"a":"1","secret":"s3cret"}"#)))
        #expect(kept.reported == (try Self.settings(#"{"a":"0"}"#)))
        #expect(kept.configuredAt == 1_900_000_000 && kept.reportedAt == 1_900_000_060)
        #expect(kept.deploymentID == "deployment")
        let events = try await rig.events(of: "lamp")
        #expect(events.map(\.action) == ["device.configure"])
        #expect(events.map(\.detail) == [#"{"keys":"2"}"#], "no value is in the trail")
    }

    @Test(
        arguments: [
            (["a": "9"], [], false, #"{"a":"9","b":"2"}"#), ([:], ["a"], false, #"{"b":"2"}"#),
            (["c": "3"], ["a", "nothing"], false, #"{"b":"2","c":"3"}"#), (["c": "3"], [], true, #"{"c":"3"}"#),
            (["c": "3"], ["c"], true, "{}"), ([:], [], true, "{}"), ([:], [], false, #"{"a":"1","b":"2"}"#),
        ] as [([String: String], [String], Bool, String)])
    func singleSettings_AreChanged(set: [String: String], remove: [String], isReplacing: Bool, left: String)
        async throws
    {
        let rig = try await Self.site()
        let configurations = rig.rooms.configurations
        try await configurations.setConfigured(try Self.settings(#"{"a":"1","b":"2"}"#), of: "lamp", by: .hub)
        try await configurations.changeConfigured(
            of: "lamp", set: set, remove: remove, isReplacing: isReplacing, by: .hub)
        #expect(try await Self.configured(rig) == left)
    }

    /// Names are compared by bytes: changing one leaves that which looks like it.
    @Test func namesThatLookAlike_AreTwoSettings() async throws {
        let rig = try await Self.site()
        let configurations = rig.rooms.configurations
        let both = try Self.settings("{\"é\":\"1\",\"e\u{301}\":\"2\"}")
        #expect(both.settings.count == 2)
        try await configurations.setConfigured(both, of: "lamp", by: .hub)
        try await configurations.changeConfigured(of: "lamp", set: ["a": "3"], remove: [], isReplacing: false, by: .hub)
        #expect(try await configurations.configuration(of: "lamp").configured.settings.count == 3)
        try await configurations.changeConfigured(of: "lamp", set: [:], remove: ["é"], isReplacing: false, by: .hub)
        #expect(try await Self.configured(rig) == "{\"a\":\"3\",\"e\u{301}\":\"2\"}")
    }

    @Test func changeThatBreaksALimit_ChangesNothing() async throws {
        let rig = try await Self.site()
        let configurations = rig.rooms.configurations
        let hundred = Dictionary(uniqueKeysWithValues: (0..<100).map { ("k\($0)", "v") })
        try await configurations.changeConfigured(of: "lamp", set: hundred, remove: [], isReplacing: true, by: .hub)
        let before = try await configurations.configuration(of: "lamp")
        let count = try await rig.events().count
        let refused: [([String: String], DeviceSettingsError)] = [
            (["one more": "v"], .tooMany), (["": "v"], .badName),
            (["k0": String(repeating: "x", count: 4097)], .tooLong),
        ]
        for (set, error) in refused {
            await #expect(throws: error) {
                try await configurations.changeConfigured(
                    of: "lamp", set: set, remove: error == .badName ? ["k1"] : [], isReplacing: false, by: .hub)
            }
        }
        #expect(try await configurations.configuration(of: "lamp") == before)
        #expect(try await rig.events().count == count)
        try await configurations.changeConfigured(
            of: "lamp", set: ["one more": "v"], remove: ["k0"], isReplacing: false, by: .hub)
        #expect(try await configurations.configuration(of: "lamp").configured.settings.count == 100)
    }

    /// Devices say the same again and again.
    @Test(arguments: [(0, false), (3599, false), (3600, true), (-1, true)] as [(Int64, Bool)])
    func sameReport_IsWrittenDownOnceInAnHour(after seconds: Int64, isWritten: Bool) async throws {
        let rig = try await Self.site()
        let report = try Self.settings(#"{"a":"é"}"#)
        try await rig.rooms.configurations.setReported(report, of: "lamp")
        rig.clock.jump(by: seconds)
        try await rig.rooms.configurations.setReported(report, of: "lamp")
        let at = try await rig.rooms.configurations.configuration(of: "lamp").reportedAt
        #expect(at == 1_900_000_000 + (isWritten ? seconds : 0))
        try await rig.rooms.configurations.setReported(try Self.settings("{\"a\":\"e\u{301}\"}"), of: "lamp")
        let kept = try await rig.rooms.configurations.configuration(of: "lamp").reported
        #expect(kept.encoded() == Array("{\"a\":\"e\u{301}\"}".utf8), "what looks the same is not the same")
    }
}
