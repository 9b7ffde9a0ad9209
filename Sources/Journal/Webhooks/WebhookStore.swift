internal import Foundation
internal import Store

/// SQL of the tables `webhook` and `delivery`: the receivers, and what waits for each in the order it happened.
enum WebhookStore {
    /// Among what the store knows to be absent.
    static let name = "webhook"

    static func addMigrations(to migrator: inout MigrationList) {
        migrator.register("registry-0006-webhook") { db in
            try db.script(
                """
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
        queued_rows
        """

    // MARK: - Receivers

    static func all(in db: Database) throws -> [Webhook] {
        try db.all("SELECT \(columns) FROM webhook ORDER BY created_at, id", read: webhook)
    }

    static func find(_ id: String, in db: Database) throws -> Webhook? {
        try db.first("SELECT \(columns) FROM webhook WHERE id = ?", [id], read: webhook)
    }

    static func count(in db: Database) throws -> Int {
        try db.value("SELECT count(*) FROM webhook", as: Int.self) ?? 0
    }

    static func insert(_ new: NewWebhook, id: String, sealed: [UInt8], at: Int64, in db: Database) throws {
        try db.run(
            """
            INSERT INTO webhook (id, url, events, secret, authority, allows_http, created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            [
                id, new.url, text(new.events), sealed, new.authorityPEM, new.allowsHTTP, at,
            ])
    }

    static func remove(_ id: String, in db: Database) throws -> Bool {
        try db.run("DELETE FROM webhook WHERE id = ?", [id]) > 0
    }

    static func sealedSecret(_ id: String, in db: Database) throws -> [UInt8]? {
        try db.first("SELECT secret FROM webhook WHERE id = ?", [id]) { row in row[0] }
    }

    /// Notes that a receiver took a message.
    static func succeed(_ id: String, at: Int64, in db: Database) throws {
        try db.run(
            """
            UPDATE webhook SET failures = 0, failing_since = NULL, not_before = 0, last_delivered = ?, last_error = NULL
            WHERE id = ?
            """, [at, id])
    }

    /// Notes that a receiver did not take a message; answers since when it takes none.
    static func fail(_ id: String, reason: String, notBefore: Int64, at: Int64, in db: Database) throws -> Int64 {
        try db.run(
            """
            UPDATE webhook SET failures = failures + 1, failing_since = coalesce(failing_since, ?1), not_before = ?2,
                last_error = ?3 WHERE id = ?4
            """, [at, notBefore, reason, id])
        return try db.value("SELECT failing_since FROM webhook WHERE id = ?", [id], as: Int64.self) ?? at
    }

    // MARK: - Queue

    /// Whether any receiver wants to be told.
    static func isWanted(_ event: NotificationEvent, in db: Database) throws -> Bool {
        try db.value("SELECT EXISTS (SELECT 1 FROM webhook WHERE events LIKE ?)", [pattern(event)], as: Bool.self)
            ?? false
    }

    /// Puts a message behind all others of every receiver that wants to be told.
    static func enqueue(
        _ event: NotificationEvent, id: String, at: Int64, subject: String, detail: String, in db: Database
    ) throws {
        try db.run(
            """
            INSERT INTO delivery (webhook_id, message_id, event, at, subject, detail)
            SELECT id, ?1, ?2, ?3, ?4, ?5 FROM webhook WHERE events LIKE ?6
            """, [id, event.rawValue, at, subject, detail, pattern(event)])
    }

    /// Drops what a receiver was not told until a moment; answers how much.
    static func drop(of webhook: String, before: Int64, in db: Database) throws -> Int {
        try db.run("DELETE FROM delivery WHERE webhook_id = ? AND at <= ?", [webhook, before])
    }

    /// Receivers with something in their queue that may be tried now.
    ///
    /// - Parameter furthest: a pause that ends later was made by a clock that was wrong, and does not count.
    static func due(at: Int64, furthest: Int64, in db: Database) throws -> [String] {
        try db.values(
            """
            SELECT id FROM webhook WHERE (not_before <= ?1 OR not_before > ?2)
                AND (lost_count > 0 OR EXISTS (SELECT 1 FROM delivery WHERE webhook_id = webhook.id))
            """, [at, furthest], as: String.self)
    }

    static func next(of webhook: String, in db: Database) throws -> WebhookMessage? {
        try db.first(
            """
            SELECT id, message_id, event, at, subject, detail FROM delivery WHERE webhook_id = ?
            ORDER BY id LIMIT 1
            """, [webhook]
        ) { row in
            WebhookMessage(
                number: row[0], id: row[1], event: row[2], at: row[3], subject: row[4], detail: row[5])
        }
    }

    static func remove(message number: Int64, in db: Database) throws {
        try db.run("DELETE FROM delivery WHERE id = ?", [number])
    }

    // MARK: - Pieces

    /// Words with a space before and behind each, so that one can be looked for.
    private static func text(_ events: [NotificationEvent]) -> String {
        " " + events.map(\.rawValue).joined(separator: " ") + " "
    }

    /// Words of events hold no wild card of LIKE, and are told apart by more than case.
    private static func pattern(_ event: NotificationEvent) -> String { "% \(event.rawValue) %" }

    private static func webhook(_ row: borrowing SQLColumns) -> Webhook {
        let words: String = row[2]
        return Webhook(
            id: row[0], url: row[1],
            events: words.split(separator: " ").compactMap { NotificationEvent(rawValue: String($0)) },
            authorityPEM: row[3], allowsHTTP: row[4], createdAt: row[5], queued: row[10], failures: row[6],
            notBefore: row[7], lastDelivered: row[8], lastError: row[9])
    }
}
