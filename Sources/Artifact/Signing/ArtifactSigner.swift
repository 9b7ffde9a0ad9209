internal import Files
package import PKI

/// Signs artifacts that exist.
package enum ArtifactSigner {
    /// Checks an artifact and writes it with a signature; nothing else in it changes.
    ///
    /// - Parameters:
    ///   - path: the artifact.
    ///   - target: where the signed one goes, which may be the same path.
    ///   - replacing: whether a signature that is there may go.
    /// - Throws: ``ArtifactError/alreadySigned``, ``ArtifactError/unsupportedKey``, and whatever is wrong with the
    ///   artifact.
    package static func sign(
        _ path: String, to target: String, with key: PrivateKey, replacing: Bool = false,
        limits: ArtifactLimits = ArtifactLimits()
    ) throws(ArtifactError) {
        let description = try ArtifactReader.check(path, limits: limits)
        guard replacing || description.signature == nil else { throw .alreadySigned }
        let file = try FileSource.open(path)
        let meter = Meter(limit: limits.size) { () throws(ArtifactError) in try file.artifactPart() }
        let source = TarReader(ByteReader { () throws(ArtifactError) in try meter.part() }, archive: "the artifact")
        try FileSink.fill(target) { sink throws(ArtifactError) in
            let tar = TarWriter(sink)
            while let entry = try source.next() {
                switch entry.name {
                case ArtifactMembers.signature: continue
                case Manifest.name:
                    let manifest = try source.whole(entry, limit: ArtifactRules.manifestSize)
                    try tar.add(entry.name, manifest)
                    let signature = try ArtifactSignature(signing: manifest, with: key)
                    try tar.add(ArtifactMembers.signature, signature.member)
                default:
                    try tar.begin(entry.name, size: entry.size)
                    while case let part = try source.part(), !part.isEmpty { try tar.write(part) }
                }
            }
            try tar.finish()
            // What was checked is what was signed.
            guard meter.digest() == description.sha256 else { throw .changedWhileRead(path) }
        }
    }
}
