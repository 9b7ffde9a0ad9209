internal import Foundation
internal import GRDB
internal import Store

/// SQL of the tables `webhook` and `delivery`: the receivers, and what waits for each in the order it happened.
enum WebhookStore {
    /// Among what the store knows to be absent.
    static let name = "webhook"

    static func addMigrations(to migrator: inout some MigrationRegister) {
        migrator.register("registry-0006-webhook") { db in
            try db.execute(
                sql: """
                    CREATE TABLE webhook (
                        id TEXT PRIMARY KEY, url TEXT NOT NULL, events TEXT NOT NULL, secret BLOB NOT NULL, authority TEXT,
                        allows_http INTEGER NOT NULL, created_at INTEGER NOT NULL, not_before INTEGER NOT NULL DEFAULT 0,
                        failures INTEGER NOT NULL DEFAULT 0, failing_since INTEGER, last_delivered INTEGER, last_error TEXT
                        ) STRICT;
                    CREATE TABLE delivery (
                        id INTEGER PRIMARY KEY AUTOINCREMENT,
                        webhook_id TEXT NOT NULL REFERENCES webhook (id) ON DELETE CASCADE, message_id TEXT NOT NULL,
                        event TEXT NOT NULL, at INTEGER NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL) STRICT;
                    CREATE INDEX delivery_webhook ON delivery (webhook_id, id);
                    """)
        }
    }

    private static let columns = """
        id, url, events, authority, allows_http, created_at, failures, not_before, last_delivered, last_error,
        queued_rows AS queued
        """

    // MARK: - Receivers

    static func all(in db: Database) throws -> [Webhook] {
        try Row.fetchAll(db, sql: "SELECT \(columns) FROM webhook ORDER BY created_at, id").map(webhook)
    }

    static func find(_ id: String, in db: Database) throws -> Webhook? {
        try Row.fetchOne(db.cachedStatement(sql: "SELECT \(columns) FROM webhook WHERE id = ?"), arguments: [id])
            .map(webhook)
    }

    static func count(in db: Database) throws -> Int {
        try Int.fetchOne(db, sql: "SELECT count(*) FROM webhook") ?? 0
    }

    static func insert(_ new: NewWebhook, id: String, sealed: [UInt8], at: Int64, in db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO webhook (id, url, events, secret, authority, allows_http, created_at)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                id, new.url, text(new.events), Data(sealed), new.authorityPEM, new.allowsHTTP, at,
            ])
    }

    static func remove(_ id: String, in db: Database) throws -> Bool {
        try db.execute(sql: "DELETE FROM webhook WHERE id = ?", arguments: [id])
        return db.changesCount > 0
    }

    static func sealedSecret(_ id: String, in db: Database) throws -> [UInt8]? {
        try Row.fetchOne(db.cachedStatement(sql: "SELECT secret FROM webhook WHERE id = ?"), arguments: [id])
            .map { row in [UInt8](row[0] as Data) }
    }

    /// Notes that a receiver took a message.
    static func succeed(_ id: String, at: Int64, in db: Database) throws {
        try db.cachedStatement(
            sql: """
                UPDATE webhook SET failures = 0, failing_since = NULL, not_before = 0, last_delivered = ?, last_error = NULL
                WHERE id = ?
                """
        ).execute(arguments: [at, id])
    }

    /// Notes that a receiver did not take a message; answers since when it takes none.
    static func fail(_ id: String, reason: String, notBefore: Int64, at: Int64, in db: Database) throws -> Int64 {
        try db.execute(
            sql: """
                UPDATE webhook SET failures = failures + 1, failing_since = coalesce(failing_since, ?1), not_before = ?2,
                    last_error = ?3 WHERE id = ?4
                """, arguments: [at, notBefore, reason, id])
        return try Int64.fetchOne(db, sql: "SELECT failing_since FROM webhook WHERE id = ?", arguments: [id]) ?? at
    }

    // MARK: - Queue

    /// Whether any receiver wants to be told.
    static func isWanted(_ event: NotificationEvent, in db: Database) throws -> Bool {
        let word = " \(event.rawValue) "
        return try Bool.fetchOne(
            db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM webhook WHERE instr(events, ?))"), arguments: [word])
            ?? false
    }

    /// Puts a message behind all others of every receiver that wants to be told.
    static func enqueue(
        _ event: NotificationEvent, id: String, at: Int64, subject: String, detail: String, in db: Database
    ) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO delivery (webhook_id, message_id, event, at, subject, detail)
                SELECT id, ?1, ?2, ?3, ?4, ?5 FROM webhook WHERE instr(events, ?6)
                """
        ).execute(arguments: [id, event.rawValue, at, subject, detail, " \(event.rawValue) "])
    }

    /// Drops what a receiver was not told until a moment; answers how much.
    static func drop(of webhook: String, before: Int64, in db: Database) throws -> Int {
        try db.execute(
            sql: "DELETE FROM delivery WHERE webhook_id = ? AND at <= ?", arguments: [webhook, before])
        return db.changesCount
    }

    /// Receivers with something in their queue that may be tried now.
    ///
    /// - Parameter furthest: a pause that ends later was made by a clock that was wrong, and does not count.
    static func due(at: Int64, furthest: Int64, in db: Database) throws -> [String] {
        try String.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT id FROM webhook WHERE (not_before <= ?1 OR not_before > ?2)
                        AND (lost_count > 0 OR EXISTS (SELECT 1 FROM delivery WHERE webhook_id = webhook.id))
                    """), arguments: [at, furthest])
    }

    static func next(of webhook: String, in db: Database) throws -> WebhookMessage? {
        try Row.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT id, message_id, event, at, subject, detail FROM delivery WHERE webhook_id = ?
                    ORDER BY id LIMIT 1
                    """), arguments: [webhook]
        ).map { row in
            WebhookMessage(
                number: row[0], id: row[1], event: row[2], at: row[3], subject: row[4], detail: row[5])
        }
    }

    static func remove(message number: Int64, in db: Database) throws {
        try db.cachedStatement(sql: "DELETE FROM delivery WHERE id = ?").execute(arguments: [number])
    }

    // MARK: - Pieces

    /// Words with a space before and behind each, so that one can be looked for.
    private static func text(_ events: [NotificationEvent]) -> String {
        " " + events.map(\.rawValue).joined(separator: " ") + " "
    }

    private static func webhook(_ row: Row) -> Webhook {
        let words: String = row["events"]
        return Webhook(
            id: row["id"], url: row["url"],
            events: words.split(separator: " ").compactMap { NotificationEvent(rawValue: String($0)) },
            authorityPEM: row["authority"], allowsHTTP: row["allows_http"], createdAt: row["created_at"],
            queued: row["queued"], failures: row["failures"], notBefore: row["not_before"],
            lastDelivered: row["last_delivered"], lastError: row["last_error"])
    }
}
