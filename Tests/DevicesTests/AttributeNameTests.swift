internal import Devices
internal import Filters
internal import Journal
internal import JournalTestSupport
import Testing
import Wire

/// Names of attributes in use.
@Suite struct AttributeNameTests {
    @Test func names_AreCounted_TheMostFrequentFirst_ThoseOfIdentitiesWithThem() async throws {
        let rig = try await DevicesRig()
        let reports = ["a": ["os", "mem"], "b": ["os", "e\u{301}"], "c": ["os", "mem", "é"]]
        for (id, names) in reports {
            try await rig.put(id, .approved, serial: "0\(id)")
            try await rig.rooms.inventory.replaceInventory(
                InventoryReport(names.map { .init(name: $0, value: .number("1")) }), of: id)
        }
        try await rig.rooms.inventory.setTags(
            InventoryReport([.init(name: "os", value: .string("x"))]), of: "a", replacing: true, ifMatch: nil, by: .hub)
        _ = try await rig.authenticate(#"{"sn":"1","é":"x"}"#, certified: "a")
        _ = try await rig.authenticate("{\"sn\":\"2\",\"e\u{301}\":\"x\"}", certified: "b")
        let found = try await rig.rooms.inventory.attributeNames(limit: 99)
        func count(_ scope: InventoryScope, _ name: String) -> [Int] {
            found.filter { $0.key.scope == scope && $0.key.name.utf8.elementsEqual(name.utf8) }.map(\.count)
        }
        #expect(count(.inventory, "os") == [3] && count(.inventory, "mem") == [2] && count(.tags, "os") == [1])
        #expect(count(.identity, "sn") == [2])
        for scope in [InventoryScope.inventory, .identity] {
            #expect(count(scope, "é") == [1] && count(scope, "e\u{301}") == [1], "they look alike, and are two")
        }
        #expect(found.count == 8)
        #expect(found.map(\.count) == found.map(\.count).sorted(by: >))
        #expect(try await rig.rooms.inventory.attributeNames(limit: 1).map(\.key) == [AttributeKey(.inventory, "os")])
    }
}
