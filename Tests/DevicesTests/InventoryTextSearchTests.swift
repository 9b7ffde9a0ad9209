internal import Devices
internal import Journal
internal import JournalTestSupport
import Testing
import Wire

/// Searches for text, and for what devices have beside attributes.
@Suite struct InventoryTextSearchTests {
    /// Text is searched for as it is, whatever it would mean to the store; only capitals of ASCII do not count.
    @Test(arguments: [
        ("deb", ["a", "b"]), ("100%", ["c"]), ("%", ["c"]), ("a_b", ["d"]), ("axb", []), ("\\", ["e"]), ("\"", ["f"]),
        ("tagged", ["a"]), ("SN-7", ["g"]), ("sn-7", ["g"]), ("nothing", []),
        ("\u{301}", ["h"]), ("%\u{301}", []), ("\\\u{301}", []), ("x\u{301}", ["h"]),
    ])
    func text_IsFoundInReportsTagsAndIdentities(_ text: String, _ expected: [String]) async throws {
        let rig = try await DevicesRig()
        let values = [
            "a": "debian", "b": "DEBIAN", "c": "100%", "d": "a_b", "e": "a\\b", "f": "\"q", "g": "x", "h": "x\u{301}",
        ]
        for (id, value) in values {
            try await rig.put(id, .approved, serial: "0\(id)")
            try await rig.rooms.inventory.replaceInventory(
                InventoryReport([InventoryReport.Attribute(name: "os", value: .string(value))]), of: id)
        }
        _ = try await rig.authenticate(#"{"sn":"SN-7"}"#, certified: "g")
        try await rig.rooms.inventory.setTags(
            InventoryReport([InventoryReport.Attribute(name: "note", value: .string("is tagged"))]), of: "a",
            replacing: true,
            ifMatch: nil, by: .hub)
        var query = InventoryQuery()
        (query.text, query.onlyIdentified) = (text, false)
        let page = try await rig.rooms.inventory.inventory(query, offset: 0, limit: 99)
        #expect(page.devices.map(\.deviceID) == expected && page.total == expected.count)
    }

    @Test func otherConditions_AreOfIdentitiesAndGroups() async throws {
        let rig = try await DevicesRig()
        for id in ["a", "b", "c"] { try await rig.put(id, .approved, serial: "0\(id)") }
        for id in ["a", "b"] { _ = try await rig.authenticate("{\"n\":\"\(id)\"}", certified: id) }
        try await rig.rooms.inventory.addToGroup("hall", ["b", "c"], by: .hub)
        let uuid = try #require(try await rig.rooms.identities.identity(ofDevice: "a")).id
        func found(_ change: (inout InventoryQuery) -> Void) async throws -> [String] {
            var query = InventoryQuery()
            query.onlyIdentified = false
            change(&query)
            return try await rig.rooms.inventory.inventory(query, offset: 0, limit: 9).devices.map(\.deviceID)
        }
        #expect(try await found { $0.onlyIdentified = true } == ["a", "b"])
        #expect(try await found { $0.hasGroup = true } == ["b", "c"])
        #expect(try await found { $0.hasGroup = false } == ["a"])
        #expect(try await found { $0.identityIDs = [uuid, "x"] } == ["a"])
        #expect(try await found { $0.identityIDs = [] }.isEmpty)
        #expect(try await found { ($0.hasGroup, $0.onlyIdentified) = (true, true) } == ["b"])
    }
}
