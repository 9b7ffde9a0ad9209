internal import Store

/// SQL of what is kept about each receiver's share of the queue, and about the messages that it lost.
///
/// Triggers count what waits. What was dropped is told in a message of its own, before all others, with an ID that
/// changes whenever its number does after a try: the same ID always stands for the same bytes.
extension WebhookStore {
    static func addLossMigration(to migrator: inout MigrationList) {
        migrator.register("registry-0019-webhook-loss") { db in
            let size = "length(CAST(%.subject AS BLOB)) + length(CAST(%.detail AS BLOB)) + 128"
            let (new, old) = (size.replacing("%", with: "new"), size.replacing("%", with: "old"))
            try db.script(
                """
                ALTER TABLE webhook ADD COLUMN queued_rows INTEGER NOT NULL DEFAULT 0;
                ALTER TABLE webhook ADD COLUMN queued_bytes INTEGER NOT NULL DEFAULT 0;
                ALTER TABLE webhook ADD COLUMN lost_count INTEGER NOT NULL DEFAULT 0;
                ALTER TABLE webhook ADD COLUMN lost_id TEXT;
                ALTER TABLE webhook ADD COLUMN lost_at INTEGER;
                ALTER TABLE webhook ADD COLUMN lost_tried INTEGER NOT NULL DEFAULT 0;
                UPDATE webhook SET
                    queued_rows = (SELECT count(*) FROM delivery WHERE webhook_id = webhook.id),
                    queued_bytes = (SELECT coalesce(sum(\(size.replacing("%", with: "delivery"))), 0)
                        FROM delivery WHERE webhook_id = webhook.id);
                CREATE TRIGGER delivery_added AFTER INSERT ON delivery BEGIN
                    UPDATE webhook SET queued_rows = queued_rows + 1, queued_bytes = queued_bytes + \(new)
                    WHERE id = new.webhook_id;
                END;
                CREATE TRIGGER delivery_removed AFTER DELETE ON delivery BEGIN
                    UPDATE webhook SET queued_rows = queued_rows - 1, queued_bytes = queued_bytes - (\(old))
                    WHERE id = old.webhook_id;
                END;
                """)
        }
    }

    /// Receivers for which more waits than that.
    static func crowded(rows: Int, bytes: Int64, in db: Database) throws -> [String] {
        try db.values(
            "SELECT id FROM webhook WHERE queued_rows > ? OR queued_bytes > ? ORDER BY id", [rows, bytes],
            as: String.self)
    }

    /// Drops the oldest messages of a receiver until no more waits than that; answers how many they were.
    static func dropOldest(of webhook: String, toRows rows: Int, bytes: Int64, in db: Database) throws -> Int {
        let waiting = try db.value("SELECT queued_rows FROM webhook WHERE id = ?", [webhook], as: Int.self)
        var dropped = 0
        if let waiting, waiting > rows {
            dropped += try dropOldest(waiting - rows, of: webhook, in: db)
        }
        while try db.value("SELECT queued_bytes FROM webhook WHERE id = ?", [webhook], as: Int64.self) ?? 0 > bytes {
            let count = try dropOldest(1, of: webhook, in: db)
            guard count > 0 else { break }
            dropped += count
        }
        return dropped
    }

    private static func dropOldest(_ count: Int, of webhook: String, in db: Database) throws -> Int {
        try db.run(
            """
            DELETE FROM delivery WHERE id IN (SELECT id FROM delivery WHERE webhook_id = ? ORDER BY id LIMIT ?)
            """, [webhook, count])
    }

    /// Notes that messages of a receiver were dropped.
    ///
    /// - Parameter id: name of the message that will tell of it, unless there is one that nobody has tried to deliver.
    static func lose(_ count: Int, of webhook: String, id: String, at: Int64, in db: Database) throws {
        try db.run(
            """
            UPDATE webhook SET lost_count = lost_count + ?1, lost_at = coalesce(lost_at, ?2),
                lost_id = CASE WHEN lost_id IS NULL OR lost_tried = 1 THEN ?3 ELSE lost_id END, lost_tried = 0
            WHERE id = ?4
            """, [count, at, id, webhook])
    }

    /// What a receiver has to be told before all else; `nil` when it lost nothing.
    static func loss(of webhook: String, in db: Database) throws -> WebhookMessage? {
        try db.first("SELECT lost_id, lost_at, lost_count FROM webhook WHERE id = ? AND lost_count > 0", [webhook]) {
            row in
            WebhookMessage(lost: row[2], id: row[0] as String? ?? "", at: row[1] as Int64? ?? 0, webhook: webhook)
        }
    }

    /// Notes that a receiver may have seen the message about its loss: from now on its ID stands for these bytes.
    static func markLossTried(_ id: String, of webhook: String, in db: Database) throws {
        try db.run("UPDATE webhook SET lost_tried = 1 WHERE id = ? AND lost_id = ?", [webhook, id])
    }

    /// Notes that a receiver was told of so many lost messages; what was lost meanwhile is told next.
    static func told(_ count: Int, of webhook: String, in db: Database) throws {
        try db.run(
            """
            UPDATE webhook SET lost_count = lost_count - ?1,
                lost_id = CASE WHEN lost_count > ?1 THEN lost_id END,
                lost_at = CASE WHEN lost_count > ?1 THEN lost_at END
            WHERE id = ?2 AND lost_count >= ?1
            """, [count, webhook])
    }
}
