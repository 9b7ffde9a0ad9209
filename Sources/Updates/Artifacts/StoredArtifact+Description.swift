internal import Artifact
internal import Encoding

extension StoredArtifact {
    init(
        _ content: ArtifactDescription, id: String, description: String, signature: Signature, at seconds: Int64
    ) {
        var depends: [String: [String]] = [:]
        for (name, dependency) in content.dependsBesideType {
            switch dependency {
            case .value(let value): depends[name] = [value]
            case .anyOf(let values): depends[name] = values
            }
        }
        self.init(
            id: id, name: content.name, description: description, sha256: content.sha256, size: content.size,
            modifiedAt: seconds, deviceTypes: content.requires.deviceTypes, depends: depends,
            provides: content.provides, clears: content.payload.clears, payloadType: content.payload.type,
            files: content.payload.files.map {
                File(name: $0.name, sha256: $0.sha256, size: $0.size, modifiedAt: $0.modified)
            },
            metadata: content.payload.metaData.map { String(decoding: $0.encoded(), as: UTF8.self) } ?? "",
            scripts: content.scripts, signature: signature)
    }

    /// Firmware as it is kept.
    ///
    /// - Parameters:
    ///   - sha256: of the file, lower-case hexadecimal.
    ///   - size: bytes of the file.
    init(
        _ firmware: Firmware, sha256: String, size: Int64, id: String, description: String, signature: Signature,
        at seconds: Int64
    ) {
        self.init(
            id: id, name: firmware.name, description: description, sha256: sha256, size: size, modifiedAt: seconds,
            deviceTypes: [firmware.platform], depends: firmware.depends,
            provides: [
                "artifact_name": firmware.name, "product": firmware.product, "version": firmware.version,
                "architecture": firmware.architecture,
            ], clears: nil, payloadType: firmware.format.rawValue, files: [], metadata: "", scripts: [],
            signature: signature, firmware: firmware)
    }

    /// Whether some device could take either, and nothing says which: same name, formats that one device takes, a
    /// device type in common, equal dependencies. Of a whole archive and a delta the whole one goes first. Nobody
    /// chooses among archives by their names.
    func overlaps(_ other: StoredArtifact) -> Bool {
        !isArchive && !other.isArchive && name == other.name && isDelta == other.isDelta
            && (format == .mender) == (other.format == .mender) && depends == other.depends
            && !Set(deviceTypes).isDisjoint(with: other.deviceTypes)
    }
}
