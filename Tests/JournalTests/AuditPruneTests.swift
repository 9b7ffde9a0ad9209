import Foundation
internal import Journal
internal import JournalTestSupport
internal import Store
import Testing

/// Old events go from the beginning of the trail, and what is left can be verified as before.
@Suite struct AuditPruneTests {
    /// A hub with ten events, a day apart, the last one now.
    private static func trail() async throws -> JournalRig {
        let rig = try await JournalRig()
        for number in 1...10 {
            if number > 1 { rig.clock.advance(by: 86_400) }
            try await rig.journal.audit("test.event", "s\(number)", by: .hub, detail: ["is": "new"])
        }
        return rig
    }

    private static func prune(_ rig: JournalRig, days: Int64, limit: Int64 = 20_000) async throws -> AuditPruning {
        let journal = rig.journal
        return try await journal.pruneAudit(
            before: journal.now() - days * 86_400, limit: limit, by: .hub)
    }

    private static func alter(_ rig: JournalRig, _ sql: String) async throws {
        try await StoreFile.run(sql, at: JournalRig.database(rig.folder))
    }

    @Test func eventsThatAreOldEnough_Go_AndTheRestIsIntact() async throws {
        let rig = try await Self.trail()
        let journal = rig.journal
        #expect(try await Self.prune(rig, days: 6) == AuditPruning(removed: 3, first: 4, hasMore: false))
        #expect(try await journal.verifyAudit() == .intact(events: 8, after: 3))
        let events = try await journal.auditPage(AuditQuery(limit: 100))
        #expect(events.events.map(\.sequence) == Array((4...11).reversed()) && events.next == nil)
        #expect(events.events.first?.action == "audit.prune" && events.events.first?.subject == "events 1 to 3")
        #expect(events.events.first?.detail.contains(#""removed":"3""#) == true)
        let followed = try await journal.auditPage(AuditQuery(.oldestFirst(after: 0), limit: 100)).events
        #expect(followed.map(\.sequence) == Array(4...11))
        // Nothing more is old enough: no event either.
        #expect(try await Self.prune(rig, days: 6) == AuditPruning(removed: 0, first: 4, hasMore: false))
        try await journal.audit("test.event", "further", by: .hub)
        #expect(try await journal.verifyAudit() == .intact(events: 9, after: 3))
    }

    @Test func manyEvents_GoInPortions_EachOfWhichLeavesAWholeTrail() async throws {
        let rig = try await Self.trail()
        for first in [3, 5, 7] as [Int64] {
            let done = try await Self.prune(rig, days: 3, limit: 2)
            #expect(done == AuditPruning(removed: 2, first: first, hasMore: first < 7))
            guard case .intact(_, first - 1) = try await rig.journal.verifyAudit() else {
                Issue.record("not whole after \(first)")
                return
            }
        }
    }

    @Test func trailThatIsAllOld_KeepsWhoPrunedIt() async throws {
        let rig = try await Self.trail()
        rig.clock.advance(by: 86_400)
        #expect(try await Self.prune(rig, days: 0).removed == 10)
        #expect(try await rig.journal.verifyAudit() == .intact(events: 1, after: 10))
        #expect(try await rig.journal.auditEvents(before: nil, subject: nil, limit: 9).map(\.sequence) == [11])
    }

    @Test func clockThatWasAhead_EndsWhatIsRemoved() async throws {
        let rig = try await JournalRig()
        for days in [0, 400, -399, 1] as [Int64] {
            rig.clock.advance(by: days * 86_400)
            try await rig.journal.audit("test.event", "s\(days)", by: .hub)
        }
        #expect(try await Self.prune(rig, days: 0).removed == 1)
        #expect(try await rig.journal.verifyAudit() == .intact(events: 4, after: 1))
    }

    @Test func pruningThatIsUndone_LeavesTheTrailAsItWas() async throws {
        let rig = try await Self.trail()
        // Deleting fails behind the new beginning and its event, as a crash there would.
        try await Self.alter(
            rig,
            "CREATE TRIGGER fails BEFORE DELETE ON audit WHEN OLD.sequence = 2 BEGIN SELECT RAISE(ABORT, 'no'); END")
        await #expect(throws: StoreError.self) { try await Self.prune(rig, days: 6) }
        #expect(try await rig.journal.verifyAudit() == .intact(events: 10))
    }

    @Test(arguments: [
        "UPDATE audit SET detail = '{}' WHERE sequence = 2", "DELETE FROM audit WHERE sequence = 1",
        "UPDATE audit SET chain = x'00' WHERE sequence = 3",
    ])
    func alteredEvents_AreNotPrunedAway(tampering: String) async throws {
        let rig = try await Self.trail()
        try await Self.alter(rig, "DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete; " + tampering)
        await #expect(throws: JournalError.self) { try await Self.prune(rig, days: 6) }
        guard case .broken = try await rig.journal.verifyAudit() else {
            Issue.record("not noticed: \(tampering)")
            return
        }
    }

    /// Another hand at a trail that was pruned; each removes the triggers first.
    @Test(arguments: [
        "DELETE FROM audit WHERE sequence = 4", "DELETE FROM audit",
        "DELETE FROM audit WHERE sequence = 4; UPDATE audit_base SET sequence = 4",
        "UPDATE audit_base SET chain = (SELECT chain FROM audit WHERE sequence = 4), sequence = 4; DELETE FROM audit WHERE sequence = 4",
        """
        UPDATE audit_base SET sequence = 11, chain = (SELECT chain FROM audit WHERE sequence = 11),
            seal = (SELECT chain FROM audit_head); DELETE FROM audit
        """,
        "UPDATE audit_base SET seal = x'00'", "UPDATE audit_base SET chain = x'00'",
        "UPDATE audit_base SET sequence = 2",
        "UPDATE audit_base SET sequence = 0, chain = x'', seal = x''", "DELETE FROM audit_base",
        "UPDATE audit SET subject = 's' WHERE sequence = 4",
        "INSERT INTO audit SELECT 3, at, requester, address, action, subject, detail, chain FROM audit WHERE sequence = 4",
    ])
    func otherHandAtTheBeginning_IsNoticed(tampering: String) async throws {
        let rig = try await Self.trail()
        _ = try await Self.prune(rig, days: 6)
        try await Self.alter(
            rig,
            """
            DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete; DROP TRIGGER audit_base_forward;
            DROP TRIGGER audit_base_no_delete; \(tampering)
            """)
        guard case .broken = try await rig.journal.verifyAudit() else {
            Issue.record("not noticed: \(tampering)")
            return
        }
    }

    @Test(arguments: [
        "DELETE FROM audit WHERE sequence = 4", "DELETE FROM audit", "UPDATE audit SET at = 1",
        "UPDATE audit_base SET sequence = 2", "DELETE FROM audit_base",
    ])
    func tables_RefuseWhatIsNoPruning(statement: String) async throws {
        let rig = try await Self.trail()
        _ = try await Self.prune(rig, days: 6)
        await #expect(throws: StoreError.self) { try await Self.alter(rig, statement) }
        #expect(try await rig.journal.verifyAudit() == .intact(events: 8, after: 3))
    }
}
