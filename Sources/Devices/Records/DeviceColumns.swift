internal import Journal
internal import Store

/// A column of the table `device` that holds one property of ``Device``; the only code that writes and reads it.
struct DeviceColumn: Sendable {
    let name: String
    /// The migration that adds it, and how; `nil` for one that the table had from the beginning, or that came with
    /// others. Never edited once released.
    var added: (migration: String, declaration: String)?
    let write: @Sendable (Device) -> SQLValue
    let read: @Sendable (inout Device, borrowing SQLColumns, _ place: Int32) -> Void
}

extension DeviceColumn {
    /// A text that may be absent.
    fileprivate static func text(
        _ name: String, added: (migration: String, declaration: String)? = nil,
        _ get: @escaping @Sendable (Device) -> String?, _ set: @escaping @Sendable (inout Device, String?) -> Void
    ) -> DeviceColumn {
        DeviceColumn(name: name, added: added, write: { .string(orNull: get($0)) }) { set(&$0, $1.optionalString($2)) }
    }

    /// A number, or a time in Unix seconds, that may be absent.
    fileprivate static func number(
        _ name: String, added: (migration: String, declaration: String)? = nil,
        _ get: @escaping @Sendable (Device) -> Int64?, _ set: @escaping @Sendable (inout Device, Int64?) -> Void
    ) -> DeviceColumn {
        DeviceColumn(name: name, added: added, write: { .integer(orNull: get($0)) }) {
            set(&$0, $1.optionalInteger($2))
        }
    }
}

extension DeviceStore {
    /// All columns but the mandatory ones (`id`, `state`, `first_seen`), and `source`, which
    /// follows from the address. A new one is at the end, with its migration.
    static let columns: [DeviceColumn] = [
        .init(name: "ou", write: { .string($0.ou) }, read: { $0.ou = $1.string($2) }),
        .text("device_type", { $0.deviceType }, { $0.deviceType = $1 }),
        .text("address", { $0.address }, { $0.address = $1 }),
        .text("mac", { $0.mac }, { $0.mac = $1 }),
        .text("fingerprint", { $0.fingerprint }, { $0.fingerprint = $1 }),
        .text("approved_fingerprint", { $0.approvedFingerprint }, { $0.approvedFingerprint = $1 }),
        .init(name: "last_seen", write: { .integer($0.lastSeen) }, read: { $0.lastSeen = $1.integer($2) }),
        .text("serial", { $0.serial }, { $0.serial = $1 }),
        .number("not_after", { $0.notAfter }, { $0.notAfter = $1 }),
        .init(
            name: "other_keys", write: { .integer(Int64($0.otherKeys)) }, read: { $0.otherKeys = Int($1.integer($2)) }),
        .number("other_seen", { $0.otherSeen }, { $0.otherSeen = $1 }),
        // Which other keys asked: only one that asked is approved.
        .text(
            "other_fingerprints", added: ("registry-0022-other-keys", "TEXT"),
            { $0.otherFingerprints.isEmpty ? nil : $0.otherFingerprints.joined(separator: " ") },
            { $0.otherFingerprints = $1?.split(separator: " ").map(String.init) ?? [] }),
    ]

    /// What a query selects for ``device(_:)``.
    static let selected = (["id", "state", "first_seen"] + columns.map(\.name)).joined(separator: ", ")

    static func device(_ row: borrowing SQLColumns) -> Device? {
        guard let state = DeviceState(rawValue: row.string(1)) else { return nil }
        var device = Device(id: row.string(0), state: state, seen: row.integer(2))
        var place: Int32 = 3
        for column in columns {
            column.read(&device, row, place)
            place += 1
        }
        return device
    }

    static let saveSQL = """
        INSERT INTO device (\(selected), source) VALUES (\(columns.map { _ in "?, " }.joined())?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET state = excluded.state, source = excluded.source\
        \(columns.map { ", \($0.name) = excluded.\($0.name)" }.joined())
        """

    /// One for each parameter of ``saveSQL``.
    static func values(of device: Device) -> [SQLValue] {
        var values: [SQLValue] = []
        values.reserveCapacity(columns.count + 4)
        values += [.string(device.id), .string(device.state.rawValue), .integer(device.firstSeen)]
        for column in columns { values.append(column.write(device)) }
        values.append(.string(orNull: device.state == .pending ? device.address.map(NetworkAddress.source) : nil))
        return values
    }

    static func addColumns(to migrator: inout MigrationList) {
        for column in columns {
            guard let (identifier, declaration) = column.added else { continue }
            let sql = "ALTER TABLE device ADD COLUMN \(column.name) \(declaration)"
            migrator.register(identifier) { db in try db.run(sql) }
        }
    }
}
