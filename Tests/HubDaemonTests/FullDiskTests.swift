import HTTPTypes
import HubDaemon
import HubHTTP
import HubTestSupport
internal import IssuingTestSupport
internal import Journal
internal import Rooms
internal import RouteTestSupport
import Store
import Testing

/// A database that can't grow: operators are told what to do, strangers nothing.
@Suite struct FullDiskTests {
    @Test func operator_IsToldThatTheDiskIsFull() async throws {
        let hub = try await TestHub()
        let admin = try await hub.peer("desk", ou: "admin")
        try await hub.hub.rooms.journal.store.write { db in
            let pages = try db.value("PRAGMA page_count", as: Int.self) ?? 0
            _ = try db.value("PRAGMA max_page_count = \(pages)", as: Int.self)
        }
        let local = Peer(address: "local", userID: 0)
        var last = try await hub.local.send(.post, "/admin/v1/ca/rotate", as: local)
        for _ in 0..<500 where last.status.code < 300 {
            last = try await hub.local.send(.post, "/admin/v1/ca/rotate", as: local)
        }
        #expect(last.status.code == 507, "\(last.text)")
        #expect(last.text.contains(#""code":"storeFull""#) && last.text.contains("make room"))
        let remote = try await hub.network.send(.post, "/admin/v1/ca/rotate", as: admin)
        #expect(remote.status.code == 507)
        var user = try await hub.network.send(
            .post, "/api/management/v1/useradm/settings", body: Array(#"{"a":0}"#.utf8), as: admin)
        for number in 1..<500 where user.status.code < 300 {
            user = try await hub.network.send(
                .post, "/api/management/v1/useradm/settings", body: Array(#"{"a":"\#(number)"}"#.utf8), as: admin)
        }
        #expect(user.status.code == 507 && user.text.contains("full"), "\(user.text)")
        // Reading goes on.
        #expect(try await hub.network.send(.get, "/admin/v1/ca/authorities", as: admin).status == .ok)
        for number in 0..<500 {
            let answer = try await hub.network.send(
                .post, "/idprov/provreq", body: try TestDevice("ghost-\(number)", secret: "x").request(),
                as: Peer(address: "192.0.2.\(number % 200)"))
            guard answer.status.code >= 500 else { continue }
            #expect(answer.status == .internalServerError && !answer.text.contains("disk"))
            break
        }
    }
}
