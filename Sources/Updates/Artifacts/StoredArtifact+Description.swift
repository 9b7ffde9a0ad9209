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

    /// Whether some device could take either: same name, a device type in common, equal dependencies.
    func overlaps(_ other: StoredArtifact) -> Bool {
        name == other.name && depends == other.depends && !Set(deviceTypes).isDisjoint(with: other.deviceTypes)
    }
}
