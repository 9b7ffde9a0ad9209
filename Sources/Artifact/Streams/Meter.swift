internal import Encoding
internal import PKI

/// Measures what passes: bytes against a limit, their SHA-256, and whether anybody still waits.
final class Meter {
    private let source: ArtifactSource
    private let limit: Int64
    private let hash = SHA256Stream()
    private(set) var size: Int64 = 0

    init(limit: Int64, _ source: @escaping ArtifactSource) {
        self.limit = limit
        self.source = source
    }

    func part() throws(ArtifactError) -> ArraySlice<UInt8> {
        guard !Task.isCancelled else { throw .cancelled }
        let part = try source()
        size += Int64(part.count)
        guard size <= limit else { throw .tooLarge("the artifact", limit: limit) }
        hash.update(part)
        return part
    }

    /// The digest of all that passed; nothing can follow.
    func digest() -> String { Hex.encode(hash.finish()) }
}
