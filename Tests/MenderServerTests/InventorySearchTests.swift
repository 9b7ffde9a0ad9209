internal import Encoding
import HTTPTypes
internal import Rooms
internal import RouteTestSupport
import Store
import Testing
@testable import Journal
@testable import Devices

/// Searches beside each other, and beside the lists of devices.
@Suite struct InventorySearchTests {
    private static let search = "v2/inventory/filters/search"
    private typealias Site = InventorySite

    /// What the list of devices says of them, its filter, and the search in the inventory are one.
    @Test func status_IsTheSame_InListsAndSearches() async throws {
        let site = try await Site()
        try await site.fleet.ask(#"{"mac":"02:00:00:00:00:08"}"#)
        let keyless = try await site.fleet.join(#"{"mac":"02:00:00:00:00:09"}"#)
        let out = try await site.fleet.join(#"{"mac":"02:00:00:00:00:0a"}"#)
        for member in [keyless, out] {
            let set = try #require(try await site.client.rooms.identities.identity(member.id)?.authSets.first)
            try await site.client.rooms.identities.removeAuthSet(set.id, of: member.id, by: .hub)
        }
        let store = site.client.rooms.journal.store
        // A record that waits again, one that was shut out, and one that was without a key.
        for (member, state) in [(site.members[0], "pending"), (site.members[1], "revoked"), (out, "revoked")] {
            try await store.write { db in
                try db.run("UPDATE device SET state = ? WHERE id = ?", [state, member.deviceID])
            }
        }
        let listed = try await site.send(.get, "v2/devauth/devices?per_page=100").json.array ?? []
        #expect(listed.count == 6)
        #expect(Set(listed.compactMap { $0["status"]?.string }) == ["accepted", "pending", "rejected", "noauth"])
        for word in ["accepted", "pending", "rejected", "noauth"] {
            let shown = Set(listed.filter { $0["status"]?.string == word }.compactMap { $0["id"]?.string })
            let filtered = try await site.send(.get, "v2/devauth/devices?per_page=100&status=\(word)")
            let filter = #"{"scope":"identity","attribute":"status","type":"$eq","value":"\#(word)"}"#
            let found = try await site.send(.post, Self.search, #"{"filters":[\#(filter)]}"#)
            for answer in [filtered, found] {
                #expect(Set((answer.json.array ?? []).compactMap { $0["id"]?.string }) == shown, "\(word)")
            }
            let statistics = try await site.send(.get, "v2/inventory/statistics").json["devices_by_status"]?[word]
            #expect((statistics?.members ?? []).reduce(0) { $0 + ($1.value.integer ?? 0) } == Int64(shown.count))
        }
    }

    /// Searches with regular expressions cost a core and a connection to the database each.
    @Test(.timeLimit(.minutes(2))) func patternSearch_BeyondThoseThatWait_IsToldWhenToComeAgain() async throws {
        let site = try await Site()
        let gate = site.client.rooms.inventory.searches
        let pattern = #"{"scope":"inventory","attribute":"os","type":"$regex","value":"^deb"}"#
        let body = #"{"filters":[\#(pattern)]}"#
        #expect(try await site.places(site.send(.post, Self.search, body)).sorted() == [0, 1])
        try await withThrowingTaskGroup { group in
            for _ in 0..<18 {
                group.addTask { try await gate.run { try await Task.sleep(for: .seconds(600)) } }
            }
            while gate.load != (2, 16) { try await Task.sleep(for: .milliseconds(2)) }
            let refused = try await site.send(.post, Self.search, body)
            #expect(refused.status == .tooManyRequests && refused.refusal != nil)
            #expect(refused.headers[.retryAfter] == "5")
            // Others are not held up.
            let other = #"{"filters":[{"scope":"inventory","attribute":"os","type":"$eq","value":"yocto"}]}"#
            #expect(try await site.places(site.send(.post, Self.search, other)) == [2])
            group.cancelAll()
        }
        #expect(try await site.send(.post, Self.search, body).status == .ok)
    }
}
