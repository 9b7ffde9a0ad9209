internal import BaseTestSupport
internal import Encoding
internal import Journal
internal import JournalTestSupport
internal import Store
import Testing

/// Events, undone writes, prunings and restarts in any order, against a list in memory.
@Suite struct AuditModelTests {
    private struct Line: Equatable {
        var sequence: Int64
        var at: Int64
        var action: String
        var subject: String
    }

    private struct Model {
        var lines: [Line] = []
        var next: Int64 = 1

        mutating func append(_ action: String, _ subject: String, at: Int64) {
            lines.append(Line(sequence: next, at: at, action: action, subject: subject))
            next += 1
        }

        mutating func prune(before moment: Int64, limit: Int, now: Int64) -> AuditPruning {
            let old = lines.prefix(limit).prefix { $0.at < moment }
            let first = lines.first?.sequence ?? next
            guard let last = old.last?.sequence else { return AuditPruning(removed: 0, first: first, hasMore: false) }
            append("audit.prune", "events \(first) to \(last)", at: now)
            lines.removeFirst(old.count)
            return AuditPruning(
                removed: Int64(old.count), first: last + 1, hasMore: lines.first.map { $0.at < moment } ?? false)
        }

        func found(_ query: AuditQuery) -> [Line] {
            lines.filter { line in
                (query.subject ?? line.subject) == line.subject && line.action.hasPrefix(query.action ?? "")
                    && line.at >= query.since ?? .min
            }
        }
    }

    private static func step(_ rig: JournalRig, _ model: inout Model, _ random: inout SeededGenerator) async throws {
        let (journal, now) = (rig.journal, rig.clock.now)
        let subject = random.pick(["d1", "d2", "D1"])
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<5:
            let action = random.pick(["device.approve", "device.enrol", "secret.add"])
            try await journal.audit(action, subject, by: .hub)
            model.append(action, subject, at: now)
        case 5:
            try? await journal.store.write { db in
                try journal.audit("secret.add", subject, by: .hub, in: db)
                throw CancellationError()
            }
        case 6:
            let (age, limit) = (random.pick([0, 600, 4000]) as Int64, random.pick([1, 3, 20_000]) as Int64)
            let pruning = try await journal.pruneAudit(before: now - age, limit: limit, by: .hub)
            #expect(pruning == model.prune(before: now - age, limit: Int(limit), now: now))
        default:
            rig.clock.advance(by: random.pick([0, 1, 60, 900]))
        }
    }

    /// Page by page, in pages of some length.
    private static func pages(_ journal: Journal, _ query: AuditQuery) async throws -> [Line] {
        var (query, events): (AuditQuery, [AuditEvent]) = (query, [])
        while true {
            let page = try await journal.auditPage(query)
            #expect(page.events.count <= query.limit)
            events += page.events
            guard let next = page.next, !page.events.isEmpty else { break }
            if case .oldestFirst = query.order {
                query.order = .oldestFirst(after: next)
            } else {
                query.order = .newestFirst(before: next)
            }
        }
        return events.map { Line(sequence: $0.sequence, at: $0.at, action: $0.action, subject: $0.subject) }
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func trail_IsWholeAndReadsAsTheModel(seed: UInt64) async throws {
        var random = SeededGenerator(seed)
        var rig = try await JournalRig(clock: ManualClock(at: 1_900_000_000))
        var model = Model()
        for step in 0..<120 {
            try await Self.step(rig, &model, &random)
            if step.isMultiple(of: 40) {
                try rig.store.close()
                rig = try await JournalRig(folder: rig.folder, clock: rig.clock)
            }
            guard step.isMultiple(of: 5) else { continue }
            let first = model.lines.first?.sequence ?? model.next
            try #require(
                try await rig.journal.verifyAudit() == .intact(events: Int64(model.lines.count), after: first - 1),
                "step \(step)")
            var query = AuditQuery(limit: Int.random(in: 1...9, using: &random))
            if Bool.random(using: &random) { query.subject = random.pick(["d1", "D1", "nobody"]) }
            if Bool.random(using: &random) { query.action = random.pick(["device", "secret.add", "evice"]) }
            if Bool.random(using: &random) { query.since = rig.clock.now - random.pick([0, 700]) }
            try #require(try await Self.pages(rig.journal, query) == model.found(query).reversed(), "step \(step)")
            query.order = .oldestFirst(after: 0)
            try #require(try await Self.pages(rig.journal, query) == model.found(query), "step \(step)")
        }
    }

    /// What a storm leaves without lines of its own is told once the minute is over, in the store and to webhooks.
    @Test func sumsOfAMinute_AreWrittenOnce_AlsoAfterAWriteThatFailed() async throws {
        let rig = try await JournalRig(clock: ManualClock(at: 1_900_000_000))
        let journal = rig.journal
        let hook = try await journal.addWebhook(
            NewWebhook(url: "https://desk.example/", events: [.pending]), by: .hub
        ).webhook
        try await journal.store.write { db in
            for number in 0..<1000 {
                try journal.audit(
                    "device.pending", "d\(number)", by: .stranger(at: "203.0.113.\(number % 50)"), cause: .newcomer,
                    in: db)
            }
        }
        try await journal.writeAuditSums()
        let lines = try await journal.auditPage(AuditQuery(action: "device", limit: 999)).events
        #expect(lines.count == 200 && lines.first?.subject == "d199", "the minute is not over")
        rig.clock.advance(by: 60)
        try await StoreFile.run(
            "CREATE TRIGGER fails BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no'); END",
            at: JournalRig.database(rig.folder))
        await #expect(throws: StoreError.self) { try await journal.writeAuditSums() }
        try await StoreFile.run("DROP TRIGGER fails", at: JournalRig.database(rig.folder))
        rig.clock.advance(by: 60)
        for _ in 1...2 { try await journal.writeAuditSums(isLast: true) }
        let sums = try await journal.auditPage(AuditQuery(subject: "many", limit: 9)).events
        #expect(sums.map(\.detail) == [#"{"more":"800","addresses":"50"}"#])
        #expect(sums.map(\.requester.name) == ["many"])
        let told = try #require(try await journal.nextDelivery(of: hook.id))
        #expect(told.message.event == "pending" && told.message.detail == #"{"more":"800"}"#)
        #expect(try await journal.webhook(hook.id).queued == 1)
        #expect(try await journal.verifyAudit() == .intact(events: 202))
    }

    @Test func eventsOfSomeActions_AreVisitedFromANumberOn_AndNotFurtherBackThanASpan() async throws {
        let rig = try await JournalRig()
        let journal = rig.journal
        for number in 1...9 {
            let action = number.isMultiple(of: 2) ? "even" : "odd"
            try await journal.audit(action, "s", by: .hub, detail: ["n": "\(number)"])
        }
        func visited(_ actions: [String], after sequence: Int64 = 0, span: Int64 = 100) async throws -> [String] {
            try await journal.store.read { db in
                var seen: [String] = []
                try journal.forEachEvent(of: actions, after: sequence, span: span, in: db) { seen.append($0 + $1) }
                return seen.map { String($0.filter(\.isNumber)) }
            }
        }
        #expect(try await visited(["even"]) == ["2", "4", "6", "8"])
        #expect(try await visited(["even", "odd"], after: 6) == ["7", "8", "9"])
        #expect(try await visited(["odd"], span: 3) == ["7", "9"])
        #expect(try await visited([]).isEmpty)
        #expect(try await visited(["od"]).isEmpty)
        #expect(try await journal.store.read { db in try journal.lastEvent(in: db) } == 9)
    }
}
