package import Store

extension Journal {
    /// Raises an alarm in the transaction of what it is about; one that is active already is counted.
    ///
    /// - Parameters:
    ///   - subject: what it is about: a device ID, a webhook's ID, a name.
    ///   - detail: more, for people; never a secret. At most 1 KiB of it is kept.
    ///   - occurrences: how often it happened, 1 or more.
    package func raiseAlarm(
        _ kind: AlarmKind, _ subject: String, detail: String = "", occurrences: Int = 1, in db: Database
    ) throws {
        let detail = String(decoding: detail.utf8.prefix(1024), as: UTF8.self)
        if let standing = try AlarmStore.standing(kind, subject, in: db) {
            let isNews = kind.isIncident && standing.acknowledgedAt != nil
            try AlarmStore.update(
                standing.id, detail: detail, at: now(), occurrences: occurrences, isNews: isNews, in: db)
            guard isNews else { return }
        } else {
            store.absences.forget(AlarmStore.name(kind))
            try AlarmStore.insert(kind, subject, detail: detail, at: now(), count: occurrences, in: db)
        }
        try notify(
            .alarm, subject, detail: ["kind": kind.rawValue, "state": "raised", "about": detail], in: db)
    }

    /// Raises an alarm of a state that lasts, unless it is active.
    package func holdAlarm(_ kind: AlarmKind, _ subject: String, detail: String = "", in db: Database) throws {
        guard try AlarmStore.standing(kind, subject, in: db) == nil else { return }
        try raiseAlarm(kind, subject, detail: detail, in: db)
    }

    /// Notes that the cause of an alarm is gone; nothing happens when it is not active.
    package func clearAlarm(_ kind: AlarmKind, _ subject: String, in db: Database) throws {
        guard
            try !store.absences.isAbsent(
                AlarmStore.name(kind), in: db, unless: { try AlarmStore.isStanding(kind, in: db) }),
            try AlarmStore.clear(kind, subject, at: now(), in: db)
        else { return }
        try notify(.alarm, subject, detail: ["kind": kind.rawValue, "state": "cleared"], in: db)
    }

    /// What the active alarms of a kind are about.
    package func alarmSubjects(_ kind: AlarmKind, in db: Database) throws -> [String] {
        try AlarmStore.subjects(of: kind, in: db)
    }

    /// Alarms, newest first, below a number.
    ///
    /// - Parameter all: also those that were acknowledged or have cleared.
    package func alarms(all: Bool, before: Int64?, limit: Int) async throws -> [Alarm] {
        try await store.read { db in
            try AlarmStore.page(all: all, before: before ?? Int64.max, limit: limit, in: db)
        }
    }

    /// How many alarms of each kind are active and not acknowledged.
    package func alarmCounts() async throws -> [AlarmKind: Int] {
        try await store.read { db in try AlarmStore.counts(in: db) }
    }

    /// Notes that an operator has seen an alarm.
    ///
    /// - Throws: ``JournalError/unknownAlarm(_:)`` when no active one has that number.
    package func acknowledgeAlarm(_ id: Int64, by requester: Requester) async throws -> Alarm {
        try await store.write { [self] db in
            guard let alarm = try AlarmStore.standing(id, in: db) else { throw JournalError.unknownAlarm("\(id)") }
            if alarm.acknowledgedAt == nil {
                try AlarmStore.acknowledge(id, at: now(), by: requester.name, in: db)
                try audit("alarm.ack", alarm.subject, by: requester, detail: ["kind": alarm.kind.rawValue], in: db)
            }
            guard let acknowledged = try AlarmStore.standing(id, in: db) else {
                throw JournalError.unknownAlarm("\(id)")
            }
            return acknowledged
        }
    }

    /// Takes a device's word that another hub pretends to be its own: the alarm ``AlarmKind/fakeHub``.
    ///
    /// - Parameter detail: what the device says; a stranger may have had a hand in it.
    /// - Throws: ``JournalError/tooManyReports`` past ten in a day (UTC).
    package func reportFakeHub(_ device: String, detail: String, by requester: Requester) async throws {
        try await store.write { [self] db in
            guard try AlarmStore.countReport(device, day: now() / 86_400, in: db) <= Self.reportsPerDay else {
                throw JournalError.tooManyReports
            }
            try raiseAlarm(.fakeHub, device, detail: detail, in: db)
            try audit("device.report", device, by: requester, detail: ["kind": "fakeHub"], cause: .known, in: db)
        }
    }

    /// Reports a device may send in a day.
    static let reportsPerDay = 10
}
