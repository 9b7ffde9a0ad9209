internal import Foundation
package import Journal
internal import Store

/// One line of the hub's directory: a name and where it is (docs/manual.md, "Services").
package struct ServiceEntry: Sendable, Equatable {
    /// Name that devices ask for, `mqtts`.
    package let name: String
    package let url: String
    /// OU a device needs there; kept for the operator, not published.
    package let ou: String?

    package init(name: String, url: String, ou: String? = nil) {
        self.name = name
        self.url = url
        self.ou = ou
    }
}

/// SQL of the table `service`.
enum ServiceStore {
    static func addMigrations(to migrator: inout MigrationList) {
        migrator.register("registry-0004-service") { db in
            try db.script(
                """
                CREATE TABLE service (name TEXT PRIMARY KEY, url TEXT NOT NULL, ou TEXT) STRICT, WITHOUT ROWID
                """)
        }
    }

    static func all(in db: Database) throws -> [ServiceEntry] {
        try db.all("SELECT name, url, ou FROM service ORDER BY name") { row in
            ServiceEntry(name: row[0], url: row[1], ou: row[2])
        }
    }

    static func hasAny(in db: Database) throws -> Bool {
        try db.value("SELECT EXISTS (SELECT 1 FROM service)", as: Bool.self) ?? true
    }

    static func save(_ entry: ServiceEntry, in db: Database) throws {
        try db.run(
            """
            INSERT INTO service VALUES (?1, ?2, ?3) ON CONFLICT (name) DO UPDATE SET url = ?2, ou = ?3
            """, [entry.name, entry.url, entry.ou])
    }

    static func remove(_ name: String, in db: Database) throws -> Bool {
        try db.run("DELETE FROM service WHERE name = ?", [name]) > 0
    }
}

extension Reach {
    /// Services an operator added, by name.
    package func services() async throws -> [ServiceEntry] {
        try await store.read { db in try ServiceStore.all(in: db) }
    }

    /// Grows with every change of the services; a copy made at another number is stale.
    package var servicesVersion: Int { servicesChanges.value }

    /// Adds a service or changes where it is.
    package func addService(_ entry: ServiceEntry, by requester: Requester) async throws {
        try Self.check(entry)
        try await store.write { [self] db in
            // One that is there already takes no further place.
            guard try ServiceStore.all(in: db).count(where: { $0.name != entry.name }) < 256 else {
                throw ReachError.invalidService(reason: "256 services are the most a directory holds")
            }
            try ServiceStore.save(entry, in: db)
            try journal.audit("service.add", entry.name, by: requester, detail: ["url": entry.url], in: db)
        }
        servicesChanges.increment()
    }

    /// Takes a service out of the directory.
    package func removeService(_ name: String, by requester: Requester) async throws {
        try await store.write { [self] db in
            guard try ServiceStore.remove(name, in: db) else { throw ReachError.unknownService(name) }
            try journal.audit("service.remove", name, by: requester, in: db)
        }
        servicesChanges.increment()
    }

    private static func check(_ entry: ServiceEntry) throws(ReachError) {
        let nameIsPlain = entry.name.utf8.allSatisfy { byte in
            byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
        }
        guard nameIsPlain, (1...64).contains(entry.name.utf8.count) else {
            throw .invalidService(reason: "a name is 1 to 64 letters, digits, '-', '_' or '.'")
        }
        guard entry.url.utf8.count <= 512, let url = URL(string: entry.url), url.scheme != nil, url.host != nil else {
            throw .invalidService(reason: "a URL is scheme://host[:port][/path], at most 512 bytes")
        }
    }
}
