internal import Encoding
internal import Files
package import PKI

/// Writes artifacts. Equal recipes give equal bytes: times are 0, owners root, names sorted.
package struct ArtifactWriter {
    private let recipe: ArtifactRecipe
    private let signer: PrivateKey?

    private init(_ recipe: ArtifactRecipe, _ signer: PrivateKey?) throws(ArtifactError) {
        try recipe.check()
        self.recipe = recipe
        self.signer = signer
    }

    /// Writes a file, which appears when it is whole. Needs little memory, and room for the packed payload twice.
    ///
    /// - Parameter signer: P-256, or RSA of at least 2048 bits.
    package static func write(
        _ recipe: ArtifactRecipe, to path: String, signer: PrivateKey? = nil
    ) throws(ArtifactError) {
        let writer = try ArtifactWriter(recipe, signer)
        try FileSink.fill(path) { sink throws(ArtifactError) in
            try writer.write(spool: Spool(path + ".payload"), sink)
        }
    }

    /// Writes a file as ``write(_:to:signer:)`` does and reads all of it back before it appears: one that a hub would
    /// refuse is never there.
    ///
    /// - Returns: what it says.
    package static func writeChecked(
        _ recipe: ArtifactRecipe, to path: String, signer: PrivateKey? = nil, limits: ArtifactLimits = ArtifactLimits()
    ) throws(ArtifactError) -> ArtifactDescription {
        let writer = try ArtifactWriter(recipe, signer)
        let file = try withFiles { () throws(FileError) in try FileSink(path, mode: 0o644) }
        try writer.write(spool: Spool(path + ".payload")) { part throws(ArtifactError) in
            try withFiles { () throws(FileError) in try file.write(Array(part)) }
        }
        let description = try ArtifactReader.check(file.unfinishedPath, limits: limits)
        try withFiles { () throws(FileError) in try file.finish() }
        return description
    }

    /// The artifact in memory, for small payloads: 16 MiB packed at most.
    package static func bytes(_ recipe: ArtifactRecipe, signer: PrivateKey? = nil) throws(ArtifactError) -> [UInt8] {
        var bytes: [UInt8] = []
        try ArtifactWriter(recipe, signer).write(spool: Spool(nil)) { part throws(ArtifactError) in bytes += part }
        return bytes
    }

    private func write(spool: Spool, _ sink: @escaping ArtifactSink) throws(ArtifactError) {
        var sums: [String: [UInt8]] = [ArtifactMembers.version: SHA256.hash(ArtifactMembers.versionContent)]
        var firstSum: [UInt8]?
        try pack { part throws(ArtifactError) in
            try spool.write(part)
        } content: { tar throws(ArtifactError) in
            for file in recipe.files {
                let sum = try Self.add(file, to: tar)
                firstSum = firstSum ?? sum
                sums[ArtifactMembers.payloadFolder + file.name] = sum
            }
        }
        let header = try header(checksum: firstSum)
        let headerName = ArtifactMembers.header + recipe.compression.suffix
        sums[headerName] = SHA256.hash(header)
        let manifest = Manifest.encode(sums)

        let tar = TarWriter(sink)
        try tar.add(ArtifactMembers.version, ArtifactMembers.versionContent)
        try tar.add(Manifest.name, manifest)
        if let signer {
            try tar.add(ArtifactMembers.signature, try ArtifactSignature(signing: manifest, with: signer).member)
        }
        try tar.add(headerName, header)
        try tar.begin(ArtifactMembers.payload + recipe.compression.suffix, size: spool.size)
        try spool.drain { part throws(ArtifactError) in try tar.write(part) }
        try tar.finish()
    }

    /// An archive inside the artifact, packed as the recipe says.
    private func pack(
        _ sink: @escaping ArtifactSink, content: (TarWriter) throws(ArtifactError) -> Void
    ) throws(ArtifactError) {
        guard recipe.compression != .none else {
            let tar = TarWriter(sink)
            try content(tar)
            return try tar.finish()
        }
        let compressor = try Compressor(recipe.compression, sink: sink)
        let tar = TarWriter { part throws(ArtifactError) in try compressor.write(part) }
        try content(tar)
        try tar.finish()
        try compressor.finish()
    }

    private func header(checksum: [UInt8]?) throws(ArtifactError) -> [UInt8] {
        var provides = recipe.provides
        if let key = recipe.checksumKey, let checksum { provides[key] = Hex.encode(checksum) }
        let typeInfo = TypeInfo(
            type: recipe.type, depends: recipe.depends.isEmpty ? nil : recipe.depends,
            provides: provides.isEmpty ? nil : provides, clears: recipe.clears)
        let metaData = recipe.metaData?.sorted.encoded() ?? []
        guard metaData.count <= ArtifactRules.metaDataSize else {
            throw .tooLarge(HeaderArchive.metaData, limit: Int64(ArtifactRules.metaDataSize))
        }
        var unpacked: Int64 = 0
        var bytes: [UInt8] = []
        try pack { part throws(ArtifactError) in
            bytes += part
        } content: { tar throws(ArtifactError) in
            func add(_ name: String, _ content: [UInt8]) throws(ArtifactError) {
                unpacked += Int64(content.count + TarHeader.length) + Int64(TarHeader.padding(Int64(content.count)))
                guard unpacked + 4096 <= ArtifactRules.headerSize else {
                    throw .tooLarge("the header", limit: ArtifactRules.headerSize)
                }
                try tar.add(name, content)
            }
            try add(HeaderInfo.name, HeaderInfo(recipe).encoded())
            for script in recipe.scripts { try add(HeaderArchive.scriptFolder + script.name, script.content) }
            try add(TypeInfo.name, typeInfo.encoded())
            if recipe.type != nil { try add(HeaderArchive.metaData, metaData) }
        }
        return bytes
    }

    /// - Returns: SHA-256 of the file.
    private static func add(_ file: ArtifactIngredient, to tar: TarWriter) throws(ArtifactError) -> [UInt8] {
        switch file.content {
        case .bytes(let bytes):
            try tar.add(file.name, bytes)
            return SHA256.hash(bytes)
        case .file(let path):
            let source = try FileSource.open(path)
            let size = try withFiles { () throws(FileError) in try source.size() }
            let hash = SHA256Stream()
            var left = size
            try tar.begin(file.name, size: size)
            while case let part = try source.artifactPart(), !part.isEmpty {
                left -= Int64(part.count)
                guard left >= 0 else { break }
                hash.update(part)
                try tar.write(part)
            }
            guard left == 0 else { throw .changedWhileRead(path) }
            return hash.finish()
        }
    }
}

extension FileSink {
    /// Writes a file that appears when the work is done.
    static func fill(
        _ path: String, _ work: (@escaping ArtifactSink) throws(ArtifactError) -> Void
    ) throws(ArtifactError) {
        let file = try withFiles { () throws(FileError) in try FileSink(path, mode: 0o644) }
        try work { part throws(ArtifactError) in
            try withFiles { () throws(FileError) in try file.write(Array(part)) }
        }
        try withFiles { () throws(FileError) in try file.finish() }
    }
}

extension JSONValue {
    /// The same value with the members of every object sorted by name.
    var sorted: JSONValue {
        switch self {
        case .array(let elements): .array(elements.map(\.sorted))
        case .object(let members):
            .object(
                members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
                    .map { Member($0.name, $0.value.sorted) })
        default: self
        }
    }
}
