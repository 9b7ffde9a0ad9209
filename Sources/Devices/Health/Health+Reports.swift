internal import Encoding
internal import Journal
internal import Store
package import Wire

/// What arrives from devices. Each report is one write, joined by the store with those of other devices; of a device
/// that is not known, or was removed meanwhile, nothing is kept.
extension Health {
    /// Keeps a report as the newest, and its metrics as the sample of this minute.
    package func take(_ report: HealthReport, of deviceID: String) async throws {
        let seconds = now()
        let metrics = Self.sample(of: report)
        try await write(of: deviceID) { db in
            try FactStore.save(report.json, as: .health, at: seconds, of: deviceID, in: db)
            guard !metrics.isEmpty else { return }
            try SampleStore.save(metrics, minute: seconds / 60, of: deviceID, in: db)
        }
    }

    /// Keeps lines of a device's log; older ones make room.
    package func take(_ lines: [LogLine], of deviceID: String) async throws {
        guard !lines.isEmpty else { return }
        let seconds = now()
        try await write(of: deviceID) { db in try LogStore.add(lines, at: seconds, of: deviceID, in: db) }
    }

    /// Keeps where a device is. That it can't tell leaves the last place as it was, with the reason beside it.
    package func take(_ report: GeoReport, of deviceID: String) async throws {
        let seconds = now()
        switch report {
        case .failed(let code, let reason):
            try await keep(LocationFailure(code: code, reason: reason).json, as: .locationFailure, of: deviceID)
        case .location(let place):
            try await keep(place.json, as: .location, of: deviceID, unlessThereIs: .locationFailure) { db in
                try FactStore.save(place.json, as: .location, at: seconds, of: deviceID, in: db)
                try FactStore.remove(.locationFailure, of: deviceID, in: db)
            }
        }
    }

    /// Keeps a device's names in networks of its own: those that are not named stay, since devices repeat only what
    /// has changed. Of more than ``NetworkIdentity/countLimit``, the oldest go.
    package func take(_ identities: [NetworkIdentity], of deviceID: String) async throws {
        guard !identities.isEmpty else { return }
        let seconds = now()
        try await write(of: deviceID) { db in
            let fact = try FactStore.find(.identities, of: deviceID, in: db)
            let known = (fact?.value.array ?? []).compactMap(NetworkIdentity.init)
            let merged = Self.merge(identities, into: known)
            let value = JSONValue.array(merged.map(\.json))
            if let fact, fact.value.encoded() == value.encoded(), !Self.isDue(fact.at, at: seconds) { return }
            try FactStore.save(value, as: .identities, at: seconds, of: deviceID, in: db)
        }
    }

    /// Keeps over which network interface a device is connected.
    package func take(_ interface: LinkInterface, of deviceID: String) async throws {
        try await keep(.string(interface.name), as: .interface, of: deviceID)
    }

    /// Keeps in which ways a device can connect, by its own words.
    package func take(connectionTypes: [String], of deviceID: String) async throws {
        try await keep(.array(connectionTypes.map(JSONValue.string)), as: .connectionTypes, of: deviceID)
    }

    // MARK: - Pieces

    /// What of a report becomes a sample: the known metrics first, then the others, as far as there is room.
    static func sample(of report: HealthReport) -> [HealthReport.Metric] {
        let known = report.metrics.filter { HealthReport.knownMetrics.contains($0.name) }
        let other = report.metrics.filter { !HealthReport.knownMetrics.contains($0.name) }
        var room = HealthLimits.sampleBytes - 2
        return (known + other).filter { metric in
            let size = HealthReport.json([metric]).encoded().count - 1
            guard size <= room else { return false }
            room -= size
            return true
        }
    }

    /// The newest first, each service and instance once.
    static func merge(_ new: [NetworkIdentity], into known: [NetworkIdentity]) -> [NetworkIdentity] {
        var merged: [NetworkIdentity] = []
        // What is told again unchanged stays in its place, so that it is not taken for a change.
        let kept = known.map { $0.json.encoded() }
        let isKnown = new.allSatisfy { kept.contains($0.json.encoded()) }
        for identity in isKnown ? known : new.reversed() + known
        where !merged.contains(where: { $0.isSame(as: identity) }) {
            merged.append(identity)
        }
        return Array(merged.prefix(NetworkIdentity.countLimit))
    }

    /// Whether what was written then is written again though nothing has changed, also when the clock was set back.
    private static func isDue(_ at: Int64, at now: Int64) -> Bool {
        !(0..<HealthLimits.repeatSeconds).contains(now - at)
    }

    /// Writes a fact that is new; the same again costs one look-up, and is written once in
    /// ``HealthLimits/repeatSeconds``.
    ///
    /// - Parameters:
    ///   - other: a fact that makes this one a change.
    ///   - save: writes it otherwise than as the value alone.
    private func keep(
        _ value: JSONValue, as name: FactStore.Name, of deviceID: String, unlessThereIs other: FactStore.Name? = nil,
        save: (@Sendable (Database) throws -> Void)? = nil
    ) async throws {
        let seconds = now()
        let isKnown = try await store.lookUp { db in
            guard let fact = try FactStore.find(name, of: deviceID, in: db),
                fact.value.encoded() == value.encoded()
            else { return false }
            if let other, try FactStore.find(other, of: deviceID, in: db) != nil { return false }
            return !Self.isDue(fact.at, at: seconds)
        }
        guard !isKnown else { return }
        try await write(of: deviceID) { db in
            if let save { return try save(db) }
            try FactStore.save(value, as: name, at: seconds, of: deviceID, in: db)
        }
    }

    private func write(of deviceID: String, _ body: @escaping @Sendable (Database) throws -> Void) async throws {
        try await store.write { [records] db in
            guard let device = try records.device(deviceID, in: db), device.state != .removed else { return }
            try body(db)
        }
    }
}

extension HealthReport {
    /// Metrics that devices report by themselves (docs/protocols/device-link.md 11.3).
    static let knownMetrics: Set<String> = [
        "cpu_temp", "cpu_usage_percent", "disk_available_kb", "disk_total_kb", "disk_used_percentage", "load_1min",
        "load_5min", "load_15min", "mem_size_mb", "mem_used_mb", "mem_used_percent",
    ]
}
