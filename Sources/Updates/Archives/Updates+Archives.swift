internal import Devices
internal import Filters
package import Journal
internal import Store
internal import Wire

/// Archives beside the firmware: what an operator offers, and what a device is given
/// (docs/protocols/device-link.md 10).
extension Updates {
    /// All that are offered, the newest first.
    package func archives() async throws -> [Archive] {
        let version = journal.store.version(of: archiveTables)
        if let known = offeredArchives.value(.all, version: version) { return known }
        let read = try await journal.store.lookUp { db in try ArchiveStore.all(in: db) }
        offeredArchives.keep(read, for: .all, version: version)
        return read
    }

    /// Offers an archive; one that is offered already is for these devices from now on, and is the newest.
    ///
    /// - Parameter artifactID: of an artifact that came as an archive.
    /// - Throws: ``UpdatesError``; `DevicesError.unknownDevice`.
    package func addArchive(
        _ artifactID: String, for target: Archive.Target, by requester: Requester
    ) async throws -> Archive {
        let (archive, devices) = try await journal.store.write { [self] db -> (Archive, [String]) in
            guard let artifact = try artifacts.find(artifactID, in: db) else {
                throw UpdatesError.unknownArtifact(artifactID)
            }
            guard artifact.isArchive else { throw UpdatesError.notArchive(artifactID) }
            try check(target, in: db)
            let others = try ArchiveStore.all(in: db).filter { $0.artifact.id != artifact.id }
            guard others.count < Archive.limit else {
                throw UpdatesError.invalid("the hub offers \(Archive.limit) archives at most; remove one first")
            }
            let archive = Archive(
                number: try ArchiveStore.nextNumber(in: db), artifact: artifact, target: target, addedAt: now())
            try ArchiveStore.save(archive, in: db)
            try journal.audit(
                "archive.add", artifact.id, by: requester, detail: ["name": artifact.name, "for": target.text], in: db)
            return (archive, notices.isHeard ? try reached(by: target, in: db) : [])
        }
        notices.send(.archive, to: devices)
        return archive
    }

    /// Offers an archive no more; what devices have of it, they keep. Its artifact stays on the hub.
    ///
    /// - Throws: ``UpdatesError/unknownArchive(_:)``.
    package func removeArchive(_ artifactID: String, by requester: Requester) async throws {
        let devices = try await journal.store.write { [self] db -> [String] in
            guard let archive = try ArchiveStore.all(in: db).first(where: { $0.artifact.id == artifactID }) else {
                throw UpdatesError.unknownArchive(artifactID)
            }
            try ArchiveStore.remove(artifact: artifactID, in: db)
            try journal.audit(
                "archive.remove", artifactID, by: requester, detail: ["name": archive.artifact.name], in: db)
            return notices.isHeard ? try reached(by: archive.target, in: db) : []
        }
        // An older one may apply to them now.
        notices.send(.archive, to: devices)
    }

    /// The newest archive that applies to a device; `nil` for none.
    ///
    /// - Parameter running: what the device says of its firmware.
    package func archive(for deviceID: String, _ running: RunningFirmware) async throws -> StoredArtifact? {
        let fitting = try await archives().filter { $0.fits(running) }
        // Nearly always there is none: that is known without a look.
        guard !fitting.isEmpty else { return nil }
        return try await journal.store.lookUp { [self] db in
            try fitting.first { archive in
                try applies(archive.target, to: deviceID, in: db)
                    && mayHave(archive.artifact, device: deviceID, in: db)
            }?.artifact
        }
    }

    private func applies(_ target: Archive.Target, to deviceID: String, in db: Database) throws -> Bool {
        switch target {
        case .allDevices: true
        case .devices(let ids): ids.contains { DeviceID($0) == DeviceID(deviceID) }
        case .group(let name):
            try inventory.matches(deviceID: deviceID, inventory.filter(ofGroup: name, in: db), in: db)
        case .filter(let text): try matches(deviceID, text, in: db)
        }
    }

    private func reached(by target: Archive.Target, in db: Database) throws -> [String] {
        let filter: InventoryFilter
        switch target {
        case .devices(let ids): return ids
        case .allDevices: filter = .all
        case .group(let name): filter = try inventory.filter(ofGroup: name, in: db)
        case .filter(let text): filter = try Self.filter(text)
        }
        return try inventory.devices(matching: filter, onlyIdentified: false, in: db)
    }

    private func check(_ target: Archive.Target, in db: Database) throws {
        switch target {
        case .allDevices: break
        case .group(let name):
            guard try inventory.isGroup(name, in: db) else { throw UpdatesError.unknownGroup(name) }
        case .filter(let text): _ = try Self.filter(text)
        case .devices(let ids):
            guard (1...Archive.deviceLimit).contains(ids.count) else {
                throw UpdatesError.invalid("an archive names 1 to \(Archive.deviceLimit) devices; use a group for more")
            }
            for id in ids where try devices.device(id, in: db) == nil { throw DevicesError.unknownDevice(id) }
        }
    }

    /// What ``Updates/offeredArchives`` is about.
    enum ArchivesKey: Sendable {
        case all
    }
}

extension Archive.Target {
    /// For the audit trail.
    fileprivate var text: String {
        switch self {
        case .allDevices: "all"
        case .devices(let ids): "\(ids.count) devices"
        case .group(let name): "group \(name)"
        case .filter(let text): "filter \(text)"
        }
    }
}
