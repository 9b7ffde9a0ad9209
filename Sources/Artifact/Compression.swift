/// How the header and the payload of an artifact are compressed; the member's name tells which.
package enum ArtifactCompression: String, Codable, Sendable, CaseIterable {
    case none, gzip
    /// LZMA2 in the xz container.
    case xz
    /// Only newer clients read it.
    case zstd

    /// What the member's name ends with.
    package var suffix: String {
        switch self {
        case .none: ""
        case .gzip: ".gz"
        case .xz: ".xz"
        case .zstd: ".zst"
        }
    }

    /// From a member's name like `header.tar.gz`; `nil` when it is not `base` with a known suffix.
    init?(of member: String, base: String) {
        guard let found = Self.allCases.first(where: { member == base + $0.suffix }) else { return nil }
        self = found
    }
}
