internal import Store

extension GuessStore {
    /// Who guessed. The pauses and locks that there are hold for all, as they did.
    static func addAddressMigration(to migrator: inout MigrationList) {
        migrator.register("registry-0021-guess-address") { db in
            try db.script(
                """
                CREATE TABLE guess_address (
                    device_id TEXT NOT NULL, address TEXT NOT NULL, guesses INTEGER NOT NULL, locked_until INTEGER NOT NULL,
                    failures INTEGER NOT NULL, next_at INTEGER NOT NULL, has_paired INTEGER NOT NULL,
                    PRIMARY KEY (device_id, address)) STRICT, WITHOUT ROWID;
                INSERT INTO guess_address
                    SELECT device_id, 'earlier', wrong + 10 * locks, locked_until, failures, next_at, has_paired FROM guess;
                UPDATE guess SET wrong = 0, locks = 0;
                """)
        }
    }

    /// When rows were touched, so that old ones can go; and, since they go, whether anybody was ever locked out.
    ///
    /// What was counted before sources were told apart is not a source: beside it, a single one would be several.
    static func addAgeMigration(to migrator: inout MigrationList) {
        migrator.register("registry-0023-guess-age") { db in
            try db.script(
                """
                ALTER TABLE guess_address ADD COLUMN touched_at INTEGER NOT NULL DEFAULT 0;
                CREATE INDEX guess_address_touched ON guess_address (touched_at) WHERE failures = 0;
                ALTER TABLE guess ADD COLUMN has_locked INTEGER NOT NULL DEFAULT 0;
                UPDATE guess SET has_locked = wrong >= 10 OR failures >= 20 OR EXISTS (
                    SELECT 1 FROM guess_address a WHERE a.device_id = guess.device_id
                        AND (a.guesses >= 10 OR a.failures >= 20));
                DELETE FROM guess_address WHERE address = 'earlier';
                """)
        }
    }
}
