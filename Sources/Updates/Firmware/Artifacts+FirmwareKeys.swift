internal import Artifact
package import Journal
internal import Store

/// Public keys that devices of the live link are given, and that uploads are checked with.
extension Artifacts {
    /// All of them, by name.
    package func firmwareKeys() async throws -> [FirmwareKeyRecord] {
        let version = journal.store.version(of: keyTable)
        if let known = keys.value(.all, version: version) { return known }
        let read = try await journal.store.lookUp { db in try FirmwareKeyStore.all(in: db) }
        keys.keep(read, for: .all, version: version)
        return read
    }

    /// Adds a key.
    ///
    /// - Parameter content: 32 bytes, or their base64, with or without padding: what fwup writes.
    /// - Throws: ``UpdatesError/invalid(_:)``, ``UpdatesError/firmwareKeyExists(_:)``,
    ///   ``UpdatesError/firmwareKeyNamed(_:)``.
    package func addFirmwareKey(
        _ name: String, _ content: [UInt8], for purpose: FirmwareKeyPurpose, by requester: Requester
    ) async throws -> FirmwareKeyRecord {
        guard FirmwareKeyRecord.isName(name) else {
            throw UpdatesError.invalid("a key's name has 1 to 64 letters, digits and . _ -")
        }
        guard content.count <= 1024, let key = FirmwareKey(reading: content) else {
            throw UpdatesError.invalid("a firmware key is an Ed25519 public key: 32 bytes, or their base64")
        }
        let record = FirmwareKeyRecord(name: name, purpose: purpose, key: key, createdAt: now())
        try await journal.store.write { [self] db in
            let all = try FirmwareKeyStore.all(in: db)
            guard !all.contains(where: { $0.name == name }) else { throw UpdatesError.firmwareKeyExists(name) }
            if let other = all.first(where: { $0.purpose == purpose && $0.key == key }) {
                throw UpdatesError.firmwareKeyNamed(other.name)
            }
            guard all.count(where: { $0.purpose == purpose }) < FirmwareKeyRecord.limit else {
                throw UpdatesError.invalid(
                    "there are \(FirmwareKeyRecord.limit) keys of that purpose, and devices use no more; remove one first"
                )
            }
            try FirmwareKeyStore.insert(record, in: db)
            try journal.audit(
                "firmwareKey.add", name, by: requester, detail: ["purpose": purpose.rawValue, "key": key.text], in: db)
        }
        return record
    }

    /// Removes a key. Firmware that it signed stays: it was checked when it came.
    ///
    /// - Throws: ``UpdatesError/unknownFirmwareKey(_:)``.
    package func removeFirmwareKey(_ name: String, by requester: Requester) async throws {
        try await journal.store.write { [self] db in
            guard let record = try FirmwareKeyStore.all(in: db).first(where: { $0.name == name }) else {
                throw UpdatesError.unknownFirmwareKey(name)
            }
            try FirmwareKeyStore.remove(name, in: db)
            try journal.audit(
                "firmwareKey.remove", name, by: requester,
                detail: ["purpose": record.purpose.rawValue, "key": record.key.text], in: db)
        }
    }

    /// The keys of firmware as devices are sent them: base64 with padding.
    package func firmwareKeyTexts() async throws -> [String] { try await keyTexts(for: .firmware) }

    /// The keys of archives, likewise.
    package func archiveKeyTexts() async throws -> [String] { try await keyTexts(for: .archive) }

    private func keyTexts(for purpose: FirmwareKeyPurpose) async throws -> [String] {
        try await firmwareKeys().filter { $0.purpose == purpose }.map(\.text)
    }

    /// Whose firmware is taken.
    func firmwareTrust() async throws -> FirmwareTrust {
        let keys = try await firmwareKeys().filter { $0.purpose == .firmware }.map(\.key)
        return FirmwareTrust(keys: keys, allowsUnsigned: limits.takesUnsignedFirmware)
    }

    /// Whose archives beside the firmware are taken: never unsigned ones, since nothing else is known of them.
    func archiveTrust() async throws -> FirmwareTrust {
        let keys = try await firmwareKeys().filter { $0.purpose == .archive }.map(\.key)
        return FirmwareTrust(keys: keys, allowsUnsigned: false)
    }

    /// What ``Artifacts/keys`` is about.
    enum KeysKey: Sendable {
        case all
    }
}
