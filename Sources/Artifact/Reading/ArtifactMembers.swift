internal import PKI

/// The members of the outer archive up to the payload, in their order.
struct ArtifactMembers {
    static let version = "version"
    static let versionContent = Array(#"{"format":"mender","version":3}"#.utf8)
    static let signature = "manifest.sig"
    static let header = "header.tar"
    static let payload = "data/0000.tar"
    /// What the manifest puts before the names of payload files.
    static let payloadFolder = "data/0000/"

    private let tar: TarReader
    private(set) var seen: Set<String> = []
    private var waiting: TarEntry?

    init(_ tar: TarReader) { self.tar = tar }

    /// Whatever can't be read here is not an artifact, rather than a broken one.
    mutating func version() throws(ArtifactError) {
        let entry: TarEntry?
        do throws(ArtifactError) {
            entry = try tar.next()
        } catch {
            switch error {
            case .truncated, .damaged, .notAPlainFile, .badName: throw .notAnArtifact
            default: throw error
            }
        }
        guard let entry, entry.name == Self.version, entry.size <= 256 else { throw .notAnArtifact }
        let content = try tar.whole(entry, limit: 256)
        seen.insert(entry.name)
        guard content != Self.versionContent else { return }
        throw content.starts(with: Self.versionContent.prefix(18)) ? .unsupportedVersion : .notAnArtifact
    }

    mutating func manifest() throws(ArtifactError) -> Manifest {
        let entry = try next(Manifest.name)
        guard entry.name == Manifest.name else {
            throw Self.stranger(entry, seen: seen, expected: Manifest.name)
        }
        var manifest = try Manifest(reading: try content(entry, limit: ArtifactRules.manifestSize))
        try manifest.check(Self.version, sum: SHA256.hash(Self.versionContent))
        return manifest
    }

    mutating func signature(of manifest: Manifest) throws(ArtifactError) -> ArtifactSignature? {
        let entry = try next(Self.header)
        guard entry.name == Self.signature else {
            waiting = entry
            return nil
        }
        return try ArtifactSignature(
            manifest: manifest.bytes, member: try content(entry, limit: ArtifactRules.signatureSize))
    }

    mutating func header(
        _ manifest: inout Manifest, limits: ArtifactLimits
    ) throws(ArtifactError) -> HeaderArchive {
        let entry = try next(Self.header)
        guard let compression = ArtifactCompression(of: entry.name, base: Self.header) else {
            throw Self.stranger(entry, seen: seen, expected: Self.header)
        }
        guard entry.size <= ArtifactRules.storedHeaderSize else {
            throw .tooLarge(entry.name, limit: ArtifactRules.storedHeaderSize)
        }
        seen.insert(entry.name)
        var bounded = limits
        bounded.unpackedSize = ArtifactRules.headerSize
        let archive = MemberArchive(tar, entry, compression, limits: bounded)
        let header = try HeaderArchive(archive.tar)
        guard try archive.tar.next() == nil else { throw .unexpectedMember(entry.name) }
        try manifest.check(entry.name, sum: archive.digest())
        return header
    }

    /// Why a member is not the one expected, `nil` after the last.
    static func stranger(_ entry: TarEntry, seen: Set<String>, expected: String?) -> ArtifactError {
        let name = ArtifactError.shown(entry.name)
        if seen.contains(entry.name) { return .duplicate(name) }
        if entry.name.hasPrefix("manifest-augment") || entry.name.hasPrefix("header-augment") { return .augmented }
        if entry.name.hasPrefix("data/"), entry.name != payload, expected == nil { return .severalPayloads }
        let later = [Manifest.name, signature, header, payload]
        if let expected, later.contains(where: { entry.name.hasPrefix($0) }) { return .missingMember(expected) }
        return .unexpectedMember(name)
    }

    private mutating func next(_ expected: String) throws(ArtifactError) -> TarEntry {
        if let entry = waiting {
            waiting = nil
            return entry
        }
        guard let entry = try tar.next() else { throw .missingMember(expected) }
        return entry
    }

    private mutating func content(_ entry: TarEntry, limit: Int) throws(ArtifactError) -> [UInt8] {
        seen.insert(entry.name)
        return try tar.whole(entry, limit: limit)
    }
}
