internal import Encoding
internal import Files
internal import PKI

/// Reads an artifact from front to back and checks everything there is to check. Memory stays small whatever the
/// payload's size: the header (at most 1 MiB), the manifest (1 MiB), and what the compression needs.
///
/// ``init(_:limits:)-(String,_)`` reads up to the payload, so that signature and requirements can be looked at before
/// anything of the payload is used. Then ``nextFile()`` and ``part()`` give the payload, and ``finish()`` the verdict:
/// until it returned, a file that was given out may be followed by a reason not to use any of them.
package final class ArtifactReader {
    private let limits: ArtifactLimits
    private let meter: Meter
    private let outer: TarReader
    private var manifest: Manifest
    private var payload: MemberArchive?
    private var isPayloadOpen = false
    private var file: (entry: TarEntry, hash: SHA256Stream)?
    private var seen: Set<String>
    private var fileNames: Set<String> = []
    /// What is known so far: all but files, size and digest of the whole.
    package private(set) var description: ArtifactDescription
    /// State scripts; not to be run before the signature is checked.
    package let scripts: [ArtifactScript]

    /// Opens a file and reads up to the payload.
    package convenience init(_ path: String, limits: ArtifactLimits = ArtifactLimits()) throws(ArtifactError) {
        let file = try FileSource.open(path)
        try self.init({ () throws(ArtifactError) in try file.artifactPart() }, limits: limits)
    }

    /// Reads up to the payload.
    ///
    /// - Parameter source: the bytes of the artifact, in parts of any length.
    package init(_ source: @escaping ArtifactSource, limits: ArtifactLimits = ArtifactLimits()) throws(ArtifactError) {
        self.limits = limits
        let meter = Meter(limit: limits.size, source)
        self.meter = meter
        outer = TarReader(ByteReader { () throws(ArtifactError) in try meter.part() }, archive: "the artifact")
        var members = ArtifactMembers(outer)
        try members.version()
        manifest = try members.manifest()
        let signature = try members.signature(of: manifest)
        let header = try members.header(&manifest, limits: limits)
        seen = members.seen
        scripts = header.scripts
        description = ArtifactDescription(
            name: header.info.artifactName, group: header.info.group, requires: header.info.requires,
            payload: ArtifactPayload(
                type: header.info.type, depends: header.typeInfo.depends, provides: header.typeInfo.provides,
                clears: header.typeInfo.clears, metaData: header.metaData),
            scripts: header.scripts.map(\.name), signature: signature)
    }

    /// Reads a whole file and checks everything.
    package static func check(
        _ path: String, limits: ArtifactLimits = ArtifactLimits()
    ) throws(ArtifactError) -> ArtifactDescription {
        try ArtifactReader(path, limits: limits).finish()
    }

    /// The next file of the payload, after whatever was not read of the one before; `nil` after the last. Its digest is
    /// empty: it is known when the file was read.
    package func nextFile() throws(ArtifactError) -> ArtifactFile? {
        while file != nil { _ = try part() }
        guard let tar = try openPayload()?.tar, let entry = try tar.next() else { return nil }
        let shown = ArtifactError.shown(entry.name)
        guard ArtifactRules.isFileName(entry.name) else { throw .badName(shown) }
        guard fileNames.insert(entry.name).inserted else { throw .duplicate(shown) }
        guard fileNames.count <= ArtifactRules.files else { throw .tooMany("files", limit: ArtifactRules.files) }
        guard description.payload.type != nil else { throw .unexpectedMember(shown) }
        guard entry.size <= limits.unpackedSize else { throw .tooLarge(shown, limit: limits.unpackedSize) }
        file = (entry, SHA256Stream())
        return ArtifactFile(name: entry.name, size: entry.size, sha256: "", modified: entry.modified)
    }

    /// The next bytes of the file, none at its end, when its digest was right.
    package func part() throws(ArtifactError) -> ArraySlice<UInt8> {
        guard let file, let tar = payload?.tar else { return [] }
        guard !Task.isCancelled else { throw .cancelled }
        let part = try tar.part()
        guard part.isEmpty else {
            file.hash.update(part)
            return part
        }
        self.file = nil
        let sum = file.hash.finish()
        try manifest.check(ArtifactMembers.payloadFolder + file.entry.name, sum: sum)
        description.payload.files.append(
            ArtifactFile(
                name: file.entry.name, size: file.entry.size, sha256: Hex.encode(sum), modified: file.entry.modified))
        return []
    }

    /// Reads what is left and gives the whole description: nothing was missing, too much, or different from the
    /// manifest.
    package func finish() throws(ArtifactError) -> ArtifactDescription {
        while try nextFile() != nil {}
        if let entry = try outer.next() { throw ArtifactMembers.stranger(entry, seen: seen, expected: nil) }
        try manifest.finish()
        description.size = meter.size
        description.sha256 = meter.digest()
        return description
    }

    private func openPayload() throws(ArtifactError) -> MemberArchive? {
        if isPayloadOpen { return payload }
        isPayloadOpen = true
        guard let entry = try outer.next() else {
            guard description.payload.type == nil else { throw .missingMember(ArtifactMembers.payload) }
            return nil
        }
        guard let compression = ArtifactCompression(of: entry.name, base: ArtifactMembers.payload) else {
            throw ArtifactMembers.stranger(entry, seen: seen, expected: ArtifactMembers.payload)
        }
        seen.insert(entry.name)
        description.payload.compression = compression
        payload = MemberArchive(outer, entry, compression, limits: limits)
        return payload
    }
}
