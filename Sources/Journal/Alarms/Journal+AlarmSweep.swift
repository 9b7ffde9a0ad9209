internal import Store

extension Journal {
    /// Clears the alarms whose cause is gone, as far as the journal knows, and away what is no longer of interest;
    /// called every now and then.
    package func sweepAlarms() async throws {
        try await store.write { [self] db in
            for kind in [AlarmKind.fakeHub, .linkConflict, .clockSetBack] {
                for subject in try alarmSubjects(kind, in: db) {
                    guard let alarm = try AlarmStore.standing(kind, subject, in: db),
                        now() - alarm.lastSeen >= Self.incidentSeconds
                    else { continue }
                    try clearAlarm(kind, subject, in: db)
                }
            }
            let share = try webhookShare(in: db)
            if try WebhookStore.crowded(rows: share.rows / 2, bytes: share.bytes / 2, in: db).isEmpty {
                try clearAlarm(.webhookOverflow, "queue", in: db)
            }
            try AlarmStore.trim(clearedBefore: slowTime - Self.keptSeconds, to: Self.alarmLimit, in: db)
            try AlarmStore.removeReports(before: now() / 86_400, in: db)
        }
    }

    private static let incidentSeconds: Int64 = 7 * 86_400
    /// Alarms that cleared are kept this long.
    private static let keptSeconds: Int64 = 90 * 86_400
    /// Lines the table may have.
    private static let alarmLimit = 10_000
}
