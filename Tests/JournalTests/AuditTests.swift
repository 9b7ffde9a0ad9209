import Foundation
internal import Journal
internal import JournalTestSupport
import Store
import Testing

@Suite struct AuditTests {
    /// Makes a trail of five events and lets another hand at the file.
    private static func verdict(after tampering: String?) async throws -> AuditVerdict {
        let rig = try await JournalRig()
        // Rooms above have records, which the trail must have told of.
        rig.journal.add(RecordKeeper(hasRecords: { _ in true }, settle: { _, _, _ in }))
        for number in 1...5 {
            try await rig.journal.audit("test.event", "s\(number)", by: .hub, detail: ["is": "new"])
        }
        if let tampering {
            try await StoreFile.run(
                "DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete; " + tampering,
                at: JournalRig.database(rig.folder))
        }
        return try await rig.journal.verifyAudit()
    }

    @Test func untouchedTrail_IsIntact() async throws {
        #expect(try await Self.verdict(after: nil) == .intact(events: 5))
    }

    @Test(arguments: [
        "UPDATE audit SET requester = 'somebody' WHERE sequence = 3", "UPDATE audit SET at = at + 1 WHERE sequence = 1",
        "UPDATE audit SET detail = '{}' WHERE sequence = 5", "DELETE FROM audit WHERE sequence = 2",
        "DELETE FROM audit WHERE sequence = 1", "DELETE FROM audit WHERE sequence = 5", "DELETE FROM audit",
        "UPDATE audit SET chain = x'00' WHERE sequence = 4",
        "INSERT INTO audit SELECT 6, at, requester, address, action, subject, detail, chain FROM audit WHERE sequence = 5",
        "DELETE FROM audit WHERE sequence = 5; UPDATE audit_head SET sequence = 4",
        """
        DELETE FROM audit WHERE sequence = 5;
        UPDATE audit_head SET sequence = 4, chain = (SELECT chain FROM audit WHERE sequence = 4)
        """,
        "DELETE FROM audit; UPDATE audit_head SET sequence = 0, chain = x''",
    ])
    func alteredOrRemovedLine_IsNoticed(tampering: String) async throws {
        guard case .broken = try await Self.verdict(after: tampering) else {
            Issue.record("not noticed: \(tampering)")
            return
        }
    }

    @Test func writesThatAreUndone_LeaveATrailWithoutGaps() async throws {
        let rig = try await JournalRig()
        let journal = rig.journal
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<300 {
                group.addTask {
                    try? await journal.store.write { db in
                        try journal.audit("test.event", "\(number)", by: .hub, in: db)
                        if number.isMultiple(of: 5) { throw CancellationError() }
                    }
                }
            }
        }
        try await journal.audit("test.event", "last", by: .hub)
        #expect(try await journal.verifyAudit() == .intact(events: 241))
    }

    @Test func twoWritersOfOneTrail_NoticeEachOther() async throws {
        let rig = try await JournalRig()
        let journal = rig.journal
        let other = Journal(store: journal.store) { 1_800_000_000 }
        for _ in 1...3 {
            try await journal.audit("test.event", "one", by: .hub)
            try await other.audit("test.event", "two", by: .hub)
        }
        #expect(try await journal.verifyAudit() == .intact(events: 6))
    }

    @Test func lineRemovedWhileTheHubRuns_IsNoticedAfterFurtherEvents() async throws {
        let rig = try await JournalRig()
        let journal = rig.journal
        for number in 1...3 { try await journal.audit("test.event", "\(number)", by: .hub) }
        try await StoreFile.run(
            "DROP TRIGGER audit_no_delete; DELETE FROM audit WHERE sequence = 3", at: JournalRig.database(rig.folder))
        try await journal.audit("test.event", "further", by: .hub)
        guard case .broken = try await journal.verifyAudit() else {
            Issue.record("not noticed")
            return
        }
    }

    @Test func tableRefusesChanges() async throws {
        let rig = try await JournalRig()
        try await rig.journal.audit("test.event", "s", by: .hub)
        for statement in ["UPDATE audit SET at = 1", "DELETE FROM audit"] {
            await #expect(throws: StoreError.self) {
                try await StoreFile.run(statement, at: JournalRig.database(rig.folder))
            }
        }
    }

    /// Numbers of a whole listing, page by page.
    private static func listing(_ journal: Journal, _ query: AuditQuery) async throws -> [Int64] {
        var query = query
        var numbers: [Int64] = []
        while true {
            let page = try await journal.auditPage(query)
            numbers += page.events.map(\.sequence)
            guard let next = page.next else { return numbers }
            query.order = .newestFirst(before: next)
        }
    }

    @Test func filters_NarrowTheListingInBothDirections() async throws {
        let rig = try await JournalRig()
        let journal = rig.journal
        for number in 1...9 {
            rig.clock.advance(by: 60)
            try await journal.audit(
                number.isMultiple(of: 3) ? "tunnel.open" : "test.event", "s\(number)", by: .hub)
        }
        let now = journal.now()
        #expect(try await Self.listing(journal, AuditQuery(limit: 2)) == [9, 8, 7, 6, 5, 4, 3, 2, 1])
        #expect(try await Self.listing(journal, AuditQuery(action: "tunnel", limit: 1)) == [9, 6, 3])
        #expect(try await Self.listing(journal, AuditQuery(action: "tunnel.close", limit: 1)) == [])
        #expect(try await Self.listing(journal, AuditQuery(action: "%", limit: 9)) == [])
        #expect(try await Self.listing(journal, AuditQuery(since: now - 120, limit: 9)) == [9, 8, 7])
        #expect(try await Self.listing(journal, AuditQuery(subject: "s4", since: now - 999, limit: 9)) == [4])
        for before: Int64 in [Int64.min, 0, 1] {
            #expect(
                try await journal.auditPage(AuditQuery(.newestFirst(before: before), limit: 9)).events.isEmpty)
        }
        let first = try await journal.auditPage(AuditQuery(.oldestFirst(after: 3), action: "tunnel", limit: 1))
        #expect(first.events.map(\.sequence) == [6] && first.next == 6)
        let second = try await journal.auditPage(
            AuditQuery(.oldestFirst(after: 6), action: "tunnel", limit: 9))
        #expect(second.events.map(\.sequence) == [9] && second.next == 9)
        // A follower of a hub whose older state was restored is sent back to where the trail ends.
        #expect(try await journal.auditPage(AuditQuery(.oldestFirst(after: Int64.max), limit: 9)).next == 9)
    }
}
