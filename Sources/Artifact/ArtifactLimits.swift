/// What an artifact may cost its reader, besides the fixed rules of the format.
package struct ArtifactLimits: Sendable, Equatable {
    /// Largest artifact, bytes as stored.
    package var size: Int64
    /// Largest payload, bytes unpacked.
    package var unpackedSize: Int64
    /// How many times its stored size a compressed member may unpack to, once it is larger than ``ratioFloor(_:)``.
    package var ratio: Int64
    /// Unpacked bytes of an xz or zstd stream below which the ratio says nothing. These pack zeros at 1 : 6,800 and 1 :
    /// 20,000, so a disk image that is mostly empty is far beyond any ratio that would stop something else; it is read
    /// in constant memory.
    package var denseRatioFloor: Int64

    /// The defaults: 10 GiB stored, 64 GiB unpacked, 1 : 1,100, which no gzip exceeds, for xz and zstd beyond 8 GiB
    /// only.
    package init(
        size: Int64 = 10 << 30, unpackedSize: Int64 = 64 << 30, ratio: Int64 = 1100, denseRatioFloor: Int64 = 8 << 30
    ) {
        self.size = size
        self.unpackedSize = unpackedSize
        self.ratio = ratio
        self.denseRatioFloor = denseRatioFloor
    }

    /// Unpacked bytes below which the ratio says nothing.
    func ratioFloor(_ compression: ArtifactCompression) -> Int64 {
        switch compression {
        case .none, .gzip: 64 << 20
        case .xz, .zstd: denseRatioFloor
        }
    }
}

/// The fixed rules of format 3.
enum ArtifactRules {
    static let manifestSize = 1 << 20
    static let signatureSize = 2048
    /// The header archive, unpacked, and as stored: compression makes small things a little larger.
    static let headerSize: Int64 = 1 << 20
    static let storedHeaderSize: Int64 = (1 << 20) + 65_536
    static let metaDataSize = 64 << 10
    static let files = 1024
    static let deviceTypes = 200
    static let scripts = 256
    static let nameLength = 4096
    /// Longest name that a file system takes.
    static let fileNameLength = 255

    /// Names of artifacts, groups, device types, keys: 1 to 4,096 bytes, nothing that moves a cursor.
    static func isName(_ text: String) -> Bool {
        (1...nameLength).contains(text.utf8.count) && text.unicodeScalars.allSatisfy(isPlain)
    }

    /// Names of payload files: no folders, nothing that means another place.
    static func isFileName(_ text: String) -> Bool {
        (1...fileNameLength).contains(text.utf8.count) && text != "." && text != ".." && !text.utf8.contains(0x2F)
            && text.unicodeScalars.allSatisfy(isPlain)
    }

    /// What every client takes as the name of a payload file: ASCII letters, digits and `.,_-`. A reader is more
    /// generous.
    static func isPortableFileName(_ text: String) -> Bool {
        text.utf8.allSatisfy { isWordByte($0) || $0 == 0x2C }
    }

    /// The name of an update module is the name of a program that runs as root.
    static func isPayloadType(_ text: String) -> Bool {
        (1...fileNameLength).contains(text.utf8.count) && text != "." && text != ".."
            && text.utf8.allSatisfy(isWordByte)
    }

    /// Letters, digits and `._-`.
    private static func isWordByte(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x2E
            || byte == 0x5F || byte == 0x2D
    }

    /// `<State>_<Enter|Leave|Error>_<NN>[_text]`, of the states that an artifact may bring scripts for.
    static func isScriptName(_ text: String) -> Bool {
        let parts = text.split(separator: "_", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count >= 3, scriptStates.contains(parts[0]), scriptActions.contains(parts[1]),
            parts[2].utf8.count == 2, parts[2].utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return false }
        return isFileName(text)
    }

    private static let scriptStates: Set<Substring> = [
        "ArtifactInstall", "ArtifactReboot", "ArtifactCommit", "ArtifactRollback", "ArtifactRollbackReboot",
        "ArtifactFailure",
    ]
    private static let scriptActions: Set<Substring> = ["Enter", "Leave", "Error"]

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value >= 0x20 && !(0x7F..<0xA0).contains(scalar.value)
    }
}
