import BaseTestSupport
import Encoding
import Testing

@testable import Wire

/// docs/protocols/mender.md 14: settings at their limits, and names of groups.
@Suite struct DeviceSettingsTests {
    private static func settings(_ members: [(String, String)]) throws -> DeviceSettings {
        try DeviceSettings(JSONValue.object(members.map { JSONValue.Member($0.0, .string($0.1)) }))
    }

    @Test func numberOfSettings_IsBounded() throws {
        let many = (0..<DeviceSettings.limit).map { ("k\($0)", "v") }
        #expect(try Self.settings(many).settings.count == 100)
        #expect(throws: DeviceSettingsError.tooMany) { try Self.settings(many + [("more", "v")]) }
    }

    @Test func lengths_AreCountedInCharacters() throws {
        let name = String(repeating: "é", count: DeviceSettings.nameLimit)
        #expect(try Self.settings([(name, "")]).settings[0].name == name)
        for bad in ["", name + "e"] {
            #expect(throws: DeviceSettingsError.badName) { try Self.settings([(bad, "v")]) }
        }
        let value = String(repeating: "温", count: DeviceSettings.valueLimit)
        #expect(try Self.settings([("k", value)]).settings[0].value == value)
        #expect(throws: DeviceSettingsError.tooLong) { try Self.settings([("k", value + "x")]) }
    }

    @Test(arguments: [
        ("[]", DeviceSettingsError.notAnObject), ("null", .notAnObject), ("\"a\"", .notAnObject),
        (#"{"a":1}"#, .notAText), (#"{"a":null}"#, .notAText), (#"{"a":{}}"#, .notAText),
        (#"{"a":"1","a":"2"}"#, .notJSON(.duplicateMember("of an object"))), ("{", .notJSON(.notJSON(offset: 1))),
    ])
    func bodyThatIsNone_SaysWhatIsWrong(body: String, error: DeviceSettingsError) {
        #expect(throws: error) { try DeviceSettings(parsing: Array(body.utf8)) }
        #expect(!"\(error)".isEmpty && !"\(error)".contains("\n"))
    }

    @Test func size_IsAMebibyteAtMost() throws {
        let whole = [UInt8](#"{"a":"b"}"#.utf8) + [UInt8](repeating: 0x20, count: DeviceSettings.limits.bytes - 9)
        #expect(try DeviceSettings(parsing: whole).settings.count == 1)
        #expect(throws: DeviceSettingsError.notJSON(.tooLarge(limit: 1 << 20))) {
            try DeviceSettings(parsing: whole + [0x20])
        }
    }

    @Test func names_AreInTheOrderOfTheirBytes() throws {
        let settings = try Self.settings([("é", "1"), ("b", "2"), ("B", "3"), ("ab", "4"), ("e\u{301}", "5")])
        #expect(settings.settings.map(\.value) == ["3", "4", "2", "5", "1"])
        #expect(DeviceSettings.none.encoded() == Array("{}".utf8))
    }

    @Test(arguments: 1...2 as ClosedRange<UInt64>) func settings_AreReadAsWritten(seed: UInt64) throws {
        var generator = SeededGenerator(seed)
        for _ in 0..<200 {
            let members = (0..<Int.random(in: 0...9, using: &generator)).map {
                ("\($0)" + generator.text(0...8), generator.text(0...20))
            }
            let settings = try Self.settings(members)
            #expect(try DeviceSettings(parsing: settings.encoded()) == settings)
            #expect(try Self.settings(members.reversed()) == settings)
        }
    }

    @Test(arguments: [
        ("a", true), ("A-z_0", true), (String(repeating: "g", count: 1024), true), ("", false),
        (String(repeating: "g", count: 1025), false), ("a b", false), ("a.b", false), ("é", false), ("a\n", false),
        ("[", false), ("`", false), ("@", false), ("{", false), ("/", false), (":", false),
    ])
    func groupName_HasLettersDigitsHyphenAndUnderscore(name: String, isValid: Bool) {
        #expect(GroupName.isValid(name) == isValid)
    }
}
