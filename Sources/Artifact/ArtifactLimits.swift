/// What an artifact may cost its reader, besides the fixed rules of the format.
package struct ArtifactLimits: Sendable, Equatable {
    /// Largest artifact, bytes as stored.
    package var size: Int64
    /// Largest payload, bytes unpacked.
    package var unpackedSize: Int64
    /// How many times its stored size a compressed member may unpack to, once it is larger than ``ratioFloor``.
    package var ratio: Int64

    /// Below so many bytes the ratio says nothing: an image of a hundred MiB of zeros is harmless.
    static let ratioFloor: Int64 = 64 << 20

    /// The defaults: 10 GiB stored, 64 GiB unpacked, 1 : 1,100, which no gzip exceeds.
    package init(size: Int64 = 10 << 30, unpackedSize: Int64 = 64 << 30, ratio: Int64 = 1100) {
        self.size = size
        self.unpackedSize = unpackedSize
        self.ratio = ratio
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

    /// The name of an update module is the name of a program that runs as root.
    static func isPayloadType(_ text: String) -> Bool {
        (1...fileNameLength).contains(text.utf8.count) && text != "." && text != ".."
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || byte == 0x2E || byte == 0x5F || byte == 0x2D
            }
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
