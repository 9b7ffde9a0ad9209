import AdminAPI
import Foundation
import Testing

/// The audit trail as an operator reads, checks and prunes it.
@Suite(.hub(), .timeLimit(.minutes(5))) struct AuditCommandTests {
    private let hub: ProgramHub

    init() throws {
        hub = try .current
    }

    private func actions() async throws -> [String] {
        try await hub.hubctl("audit", "list", "--limit", "1000", "--json").succeeded()
            .json(as: [AdminAuditEvent].self).map(\.action)
    }

    /// Asks until something is removed: events of the present second are not older than it.
    private func pruned() async throws -> AdminAuditPruned {
        while true {
            let pruned = try await hub.hubctl(
                "audit", "prune", "--before", Date().ISO8601Format(), "--json"
            ).succeeded().json(as: AdminAuditPruned.self)
            if pruned.removed > 0 { return pruned }
        }
    }

    @Test func trail_TellsWithoutSecrets_AndStaysWholeWhenItIsPruned() async throws {
        try await hub.hubctl(
            "user", "add", "alice@hub.local", "--password-stdin", input: "fourteen ducks\n"
        ).succeeded()
        #expect(try await actions().contains("user.add"))
        try await hub.hubctl("audit", "verify").succeeded()
        #expect(try await !hub.hubctl("audit", "list", "--limit", "1000").succeeded().output.contains("ducks"))
        #expect(!hub.log.contains("ducks"))

        try await hub.hubctl("audit", "prune", "--before", "2100-01-01").expectRefusal("must not lie in the future")
        #expect(try await actions().contains("user.add"))
        let before = try await actions()
        let pruned = try await pruned()
        #expect(pruned.first == pruned.removed + 1 && !pruned.hasMore)
        let left = try await actions()
        #expect(left.first == "audit.prune" && Int64(left.count) == Int64(before.count) - pruned.removed + 1)
        try await hub.hubctl("audit", "verify").succeeded()
    }
}
