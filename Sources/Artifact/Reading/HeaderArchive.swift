internal import Encoding

/// A state script of an artifact.
package struct ArtifactScript: Sendable, Equatable {
    /// `<State>_<Enter|Leave|Error>_<NN>[_text]`.
    package var name: String
    package var content: [UInt8]

    package init(name: String, content: [UInt8]) {
        self.name = name
        self.content = content
    }
}

/// What the header archive says, read in the order the format demands.
struct HeaderArchive {
    static let metaData = "headers/0000/meta-data"
    static let scriptFolder = "scripts/"
    private static let metaDataLimits = JSONLimits(bytes: ArtifactRules.metaDataSize, depth: 16, values: 16_384)

    let info: HeaderInfo
    private(set) var scripts: [ArtifactScript] = []
    private(set) var typeInfo: TypeInfo
    private(set) var metaData: JSONValue?

    init(_ tar: TarReader) throws(ArtifactError) {
        var entry = try Self.next(tar, HeaderInfo.name)
        guard entry.name == HeaderInfo.name else { throw .unexpectedMember(ArtifactError.shown(entry.name)) }
        info = try HeaderInfo(reading: try Self.content(tar, entry))
        entry = try Self.next(tar, TypeInfo.name)
        var names: Set<String> = []
        while entry.name.hasPrefix(Self.scriptFolder) {
            guard names.insert(entry.name).inserted else { throw .duplicate(ArtifactError.shown(entry.name)) }
            try scripts.append(Self.script(tar, entry))
            guard scripts.count <= ArtifactRules.scripts else {
                throw .tooMany("state scripts", limit: ArtifactRules.scripts)
            }
            entry = try Self.next(tar, TypeInfo.name)
        }
        guard entry.name == TypeInfo.name else { throw Self.stranger(entry) }
        typeInfo = try TypeInfo(reading: try Self.content(tar, entry), type: info.type)
        guard let last = try tar.next() else { return }
        guard last.name == Self.metaData else { throw Self.stranger(last) }
        metaData = try Self.metaData(try tar.whole(last, limit: ArtifactRules.metaDataSize))
        if let more = try tar.next() { throw Self.stranger(more) }
    }

    private static func next(_ tar: TarReader, _ expected: String) throws(ArtifactError) -> TarEntry {
        guard let entry = try tar.next() else { throw .missingMember(expected) }
        return entry
    }

    private static func content(_ tar: TarReader, _ entry: TarEntry) throws(ArtifactError) -> [UInt8] {
        try tar.whole(entry, limit: Int(ArtifactRules.headerSize))
    }

    private static func stranger(_ entry: TarEntry) -> ArtifactError {
        switch entry.name {
        case HeaderInfo.name, TypeInfo.name, Self.metaData: .duplicate(entry.name)
        case _ where entry.name.hasPrefix("headers/0001/"): .severalPayloads
        default: .unexpectedMember(ArtifactError.shown(entry.name))
        }
    }

    private static func script(_ tar: TarReader, _ entry: TarEntry) throws(ArtifactError) -> ArtifactScript {
        let name = String(entry.name.dropFirst(scriptFolder.count))
        guard ArtifactRules.isScriptName(name) else { throw .badName(ArtifactError.shown(entry.name)) }
        return ArtifactScript(name: name, content: try content(tar, entry))
    }

    private static func metaData(_ bytes: [UInt8]) throws(ArtifactError) -> JSONValue? {
        guard !bytes.isEmpty else { return nil }
        let value: JSONValue
        do {
            value = try JSONValue(parsing: bytes, limits: metaDataLimits)
        } catch {
            throw .badDocument(metaData, error)
        }
        // What other writers make of nothing.
        if value == .null { return nil }
        guard value.members != nil else { throw .badDocument(metaData, .notAnObject) }
        return value
    }
}
