internal import PKI

/// A member that is an archive itself, unpacked while it is read.
final class MemberArchive {
    /// Its files. Once they ended, nothing of the member is left.
    let tar: TarReader
    private let hash = SHA256Stream()

    /// - Parameter outer: is at the member.
    init(_ outer: TarReader, _ entry: TarEntry, _ compression: ArtifactCompression, limits: ArtifactLimits) {
        let hash = hash
        let stored: ArtifactSource = { () throws(ArtifactError) in
            let part = try outer.part()
            hash.update(part)
            return part
        }
        guard compression != .none else {
            tar = TarReader(ByteReader(stored), archive: entry.name)
            return
        }
        let decompressor = Decompressor(compression, name: entry.name, limits: limits, source: stored)
        tar = TarReader(
            ByteReader { () throws(ArtifactError) in try decompressor.part() }, archive: entry.name)
    }

    /// SHA-256 of the member as stored, after its end.
    func digest() -> [UInt8] { hash.finish() }
}
