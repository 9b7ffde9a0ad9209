internal import Encoding
internal import Journal
internal import Store
internal import Wire

/// What devices tell of themselves over their link: health with its history, log lines, where they are, and how they
/// are connected. Nothing else of the hub is decided by it.
package final class Health: Sendable {
    let records: Devices
    let journal: Journal
    let store: Store
    let now: @Sendable () -> Int64

    /// Makes the part on the records of the devices.
    package init(devices: Devices) {
        (records, journal) = (devices, devices.journal)
        (store, now) = (journal.store, journal.now)
        devices.endWork.add { device, db in
            if device.state == .removed { try Self.removeAll(of: device.id, in: db) }
        }
        journal.add(
            RecordKeeper(hasRecords: { _ in false }) { now, _, db in
                try FactStore.settle(at: now, in: db)
                try SampleStore.settle(at: now, in: db)
                try LogStore.settle(at: now, in: db)
            })
    }

    private static func removeAll(of deviceID: String, in db: Database) throws {
        try FactStore.removeAll(of: deviceID, in: db)
        try SampleStore.removeAll(of: deviceID, in: db)
        try LogStore.removeAll(of: deviceID, in: db)
    }

    /// The newest of what a device told.
    ///
    /// - Throws: ``DevicesError/unknownDevice(_:)``.
    package func facts(of deviceID: String) async throws -> DeviceFacts {
        try await store.read { [records] db in
            guard try records.device(deviceID, in: db) != nil else { throw DevicesError.unknownDevice(deviceID) }
            return try FactStore.facts(of: deviceID, in: db)
        }
    }

    /// A device's samples of the last minutes, oldest first.
    ///
    /// - Parameter minutes: at most ``HealthLimits/sampleMinutes``.
    /// - Throws: ``DevicesError/unknownDevice(_:)``.
    package func samples(
        of deviceID: String, minutes: Int64 = HealthLimits.sampleMinutes
    ) async throws -> [HealthSample] {
        let since = now() / 60 - min(minutes, HealthLimits.sampleMinutes)
        return try await store.read { [records] db in
            guard try records.device(deviceID, in: db) != nil else { throw DevicesError.unknownDevice(deviceID) }
            return try SampleStore.all(of: deviceID, since: since, in: db)
        }
    }

    /// Lines of a device's log after one, oldest first.
    ///
    /// - Parameters:
    ///   - number: of the line before the first; 0 for the oldest that is kept.
    ///   - limit: at most this many.
    /// - Throws: ``DevicesError/unknownDevice(_:)``.
    package func logLines(of deviceID: String, after number: Int64, limit: Int) async throws -> [KeptLogLine] {
        try await store.read { [records] db in
            guard try records.device(deviceID, in: db) != nil else { throw DevicesError.unknownDevice(deviceID) }
            return try LogStore.page(of: deviceID, after: number, limit: limit, in: db)
        }
    }
}

extension FactStore {
    /// All of a device's facts as values.
    static func facts(of deviceID: String, in db: Database) throws -> DeviceFacts {
        var facts = DeviceFacts()
        for (name, fact) in try all(of: deviceID, in: db) {
            let at = fact.at
            switch name {
            case .health: facts.health = HealthReport(value: fact.value).map { Told($0, at: at) }
            case .location: facts.location = GeoLocation(fact.value).map { Told($0, at: at) }
            case .locationFailure:
                facts.locationFailure = LocationFailure(fact.value).map { Told($0, at: at) }
            case .identities:
                facts.identities = Told((fact.value.array ?? []).compactMap(NetworkIdentity.init), at: at)
            case .interface:
                facts.interface = fact.value.string.map { Told(LinkInterface(name: $0), at: at) }
            case .connectionTypes:
                facts.connectionTypes = Told((fact.value.array ?? []).compactMap(\.string), at: at)
            }
        }
        return facts
    }
}

extension LocationFailure {
    init?(_ value: JSONValue) {
        guard let code = value["code"]?.string else { return nil }
        self.init(code: code, reason: value["reason"]?.string ?? "")
    }

    var json: JSONValue {
        .object([.init("code", .string(code)), .init("reason", .string(reason))])
    }
}
