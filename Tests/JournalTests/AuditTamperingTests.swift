internal import BaseTestSupport
internal import JournalTestSupport
internal import Store
import Testing
@testable import Journal

/// Whatever another hand changes in a line, the check says which line it was.
@Suite struct AuditTamperingTests {
    private static let count = 5

    private static func trail() async throws -> JournalRig {
        let rig = try await JournalRig(clock: ManualClock(at: 1_900_000_000))
        for number in 1...count {
            try await rig.journal.audit(
                "test.event", "subject \(number)", by: Requester(name: "ann", address: "192.0.2.\(number)"),
                detail: ["is": "new"])
            rig.clock.advance(by: 1)
        }
        return rig
    }

    private static func alter(_ rig: JournalRig, _ sql: String) async throws {
        try await StoreFile.run(
            "DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete; " + sql,
            at: JournalRig.database(rig.folder))
    }

    /// Lengths, beginnings, ends, case and type-like forms of each column.
    @Test(
        arguments: [
            "at = at + 1", "at = at - 1", "at = 0", "at = -at", "requester = ''", "requester = 'Ann'",
            "requester = requester || ' '", "requester = 'ann' || char(0)", "address = ''",
            "address = address || '0'", "action = 'test.events'", "action = 'test'", "subject = ''",
            "subject = upper(subject)", "subject = substr(subject, 2)", "detail = '{}'",
            "detail = replace(detail, 'new', 'old')", "detail = detail || ' '", "chain = x''",
            "chain = CAST(chain || x'00' AS BLOB)", "chain = substr(chain, 1, 31)", "chain = zeroblob(32)",
            "requester = requester || address, address = ''", "action = subject, subject = action",
            "subject = subject || detail, detail = ''", "subject = 'subject', action = 'test.event ' || sequence",
        ], [1, count])
    func changedColumn_IsFoundInItsLine(change: String, line: Int) async throws {
        let rig = try await Self.trail()
        try await Self.alter(rig, "UPDATE audit SET \(change) WHERE sequence = \(line)")
        #expect(
            try await rig.journal.verifyAudit()
                == .broken(atSequence: Int64(line), reason: "event \(line) was altered"))
    }

    @Test(
        arguments: [
            ("UPDATE audit SET sequence = 99 WHERE sequence = 2", 2, "event 2 is missing"),
            ("UPDATE audit SET sequence = 0 WHERE sequence = 1", 1, "event 1 is missing"),
            ("UPDATE audit SET sequence = -5 WHERE sequence = 4", 1, "event 1 is missing"),
            ("DELETE FROM audit WHERE sequence IN (3, 4)", 3, "event 3 is missing"),
            ("DELETE FROM audit WHERE sequence = 5", 5, "the trail ends at event 4, its head says otherwise"),
            ("DELETE FROM audit_head", 1, "the trail ends at event 5, its head says otherwise"),
            ("UPDATE audit_head SET chain = zeroblob(32)", 6, "the trail ends at event 5, its head says otherwise"),
            ("UPDATE audit_head SET sequence = 7", 6, "the trail ends at event 5, its head says otherwise"),
            (
                """
                INSERT INTO audit SELECT sequence + 1, at, requester, address, action, subject, detail, chain
                FROM audit WHERE sequence = 5
                """, 6, "event 6 was altered"
            ),
            // Two lines change places with all they hold.
            (
                """
                UPDATE audit SET sequence = 99 WHERE sequence = 2; UPDATE audit SET sequence = 2 WHERE sequence = 3;
                UPDATE audit SET sequence = 3 WHERE sequence = 99
                """, 2, "event 2 was altered"
            ),
        ] as [(String, Int64, String)])
    func lineThatIsGoneOrMoved_IsFoundWhereItWas(change: String, line: Int64, reason: String) async throws {
        let rig = try await Self.trail()
        try await Self.alter(rig, change)
        #expect(try await rig.journal.verifyAudit() == .broken(atSequence: line, reason: reason))
    }

    /// The chain is keyed: who has the file, but not the key, can't make a line that fits.
    @Test func trailWrittenWithAnotherKey_IsNotTaken() async throws {
        let (one, other) = (try await Self.trail(), try await Self.trail())
        let lines = try await other.store.read { db in
            try db.values("SELECT chain FROM audit ORDER BY sequence", as: [UInt8].self)
        }
        try await one.store.write { db in
            try db.script("DROP TRIGGER audit_no_update")
            for (index, chain) in lines.enumerated() {
                try db.run("UPDATE audit SET chain = ? WHERE sequence = ?", [chain, index + 1])
            }
        }
        #expect(try await one.journal.verifyAudit() == .broken(atSequence: 1, reason: "event 1 was altered"))
    }

    @Test func headThatIsGone_LetsNothingBeWritten() async throws {
        let rig = try await Self.trail()
        try await Self.alter(rig, "DELETE FROM audit_head")
        await #expect(throws: AuditHeadMissing.self) { try await rig.journal.audit("test.event", "x", by: .hub) }
        let count = try await rig.store.read { db in try db.value("SELECT count(*) FROM audit", as: Int.self) }
        #expect(count == Self.count)
    }

    /// No two events are bound to the same bytes, however their texts run into each other.
    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func eventsThatDiffer_AreChainedAsDifferentBytes(seed: UInt64) {
        var random = SeededGenerator(seed)
        func text() -> String { random.pick(["", "a", "b", "ab", "ba", "\0", "a\0", "é"]) }
        func number() -> Int64 { random.pick([0, 1, -1, 256, .max]) }
        var known: [[UInt8]: AuditEvent] = [:]
        for _ in 0..<3000 {
            let event = AuditEvent(
                sequence: number(), at: number(), requester: Requester(name: text(), address: text()),
                action: text(), subject: text(), detail: text())
            let bytes = event.chained(after: [1, 2, 3])
            #expect(bytes != event.chained(after: [1, 2]))
            if let other = known.updateValue(event, forKey: bytes) { #expect(other == event) }
        }
        #expect(known.count > 2000)
    }
}
