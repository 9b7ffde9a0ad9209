internal import Encoding
internal import Journal
internal import Store

/// Firmware of the live link among the artifacts.
extension Artifacts {
    /// The artifact that is this firmware.
    ///
    /// - Parameter uuid: of the firmware, any case.
    package func artifact(firmware uuid: String) async throws -> StoredArtifact? {
        try await journal.store.lookUp { db in try Self.firmware(uuid, in: db) }
    }

    /// The same inside of a transaction.
    static func firmware(_ uuid: String, in db: Database) throws -> StoredArtifact? {
        guard UniqueID.isValid(uuid), let id = try FirmwareStore.artifact(uuid.lowercased(), in: db) else { return nil }
        return try ArtifactStore.find(id, in: db)
    }

    /// SHA-256 of each part of 1 MiB of an artifact's file, in upper-case hexadecimal as devices are sent them; empty
    /// for artifacts of the update protocol.
    package func partChecksums(of artifact: StoredArtifact) async throws -> [String] {
        guard artifact.firmware != nil else { return [] }
        let parts = try await journal.store.lookUp { db in try FirmwareStore.parts(artifact: artifact.id, in: db) }
        guard let parts else { throw UpdatesError.unknownArtifact(artifact.id) }
        return stride(from: 0, to: parts.count, by: 32).map { start in
            Hex.encode(Array(parts[start..<min(start + 32, parts.count)])).uppercased()
        }
    }
}
