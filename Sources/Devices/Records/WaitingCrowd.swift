internal import Journal
internal import Store

/// Who has to go when as many devices wait as may: fairness between the places they ask from.
///
/// A source is an IPv4 address, or the /64 of an IPv6 address (``NetworkAddress/source(of:)``). The newest of the most
/// crowded source goes first, so that devices from before a flood stay; where each is alone at its address,
/// the one that has not asked for longest. A device that is alone at its source finds room. A source that asks for more
/// makes room only at the cost of one that has at least two more than itself, so that floods of two sources do not
/// chase each other forever.
enum WaitingCrowd {
    /// Makes room for one more device.
    ///
    /// - Returns: the device that has to go, whose record is removed; `nil` when there is no room.
    static func makeRoom(for address: String, in db: Database) throws -> String? {
        guard let crowded = try mostCrowded("source", of: nil, in: db),
            let place = try mostCrowded("address", of: crowded.name, in: db)
        else { return nil }
        let source = NetworkAddress.source(of: address)
        // Within one /64 it is the address that counts.
        let isSame = source == crowded.name
        let own = try count(isSame ? "address" : "source", isSame ? address : source, in: db)
        let other = isSame ? place.count : crowded.count
        guard own == 0 || other > own + 1 else { return nil }
        let id =
            place.count == 1
            ? try mostSilent(in: db) : try newest(of: crowded.name, place.name, in: db)
        guard let id else { return nil }
        try DeviceStore.remove(id, in: db)
        return id
    }

    /// Of crowds of one size the one with the youngest device.
    private static func mostCrowded(
        _ column: String, of source: String?, in db: Database
    ) throws -> (name: String, count: Int)? {
        try db.first(
            """
            SELECT \(column), count(*) FROM device
            WHERE state = 'pending' AND source IS NOT NULL \(source == nil ? "" : "AND source = ?")
            GROUP BY \(column) ORDER BY count(*) DESC, max(first_seen) DESC, \(column) LIMIT 1
            """, source.map { [$0] } ?? []
        ) { row in (row[0], row[1]) }
    }

    private static func count(_ column: String, _ name: String, in db: Database) throws -> Int {
        try db.value("SELECT count(*) FROM device WHERE state = 'pending' AND \(column) = ?", [name], as: Int.self) ?? 0
    }

    /// Where each is alone at its address, a device that is there asks again and again, and one that somebody invented
    /// does not.
    private static func mostSilent(in db: Database) throws -> String? {
        try db.value(
            """
            SELECT id FROM device WHERE state = 'pending' AND \(DeviceStore.isForgettable)
            ORDER BY last_seen, first_seen DESC, id DESC LIMIT 1
            """, as: String.self)
    }

    /// Only one that nobody would miss: see `DeviceStore.isForgettable`.
    private static func newest(of source: String, _ address: String, in db: Database) throws -> String? {
        try db.value(
            """
            SELECT id FROM device
            WHERE state = 'pending' AND source = ? AND address = ? AND \(DeviceStore.isForgettable)
            ORDER BY first_seen DESC, id DESC LIMIT 1
            """, [source, address], as: String.self)
    }
}
