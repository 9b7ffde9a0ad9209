internal import Encoding
internal import PKI
internal import Wire

/// What is known of a firmware archive.
package struct FirmwareDescription: Sendable, Equatable {
    /// Identity of the firmware: UUID, lower case.
    package var uuid: String
    package var product: String
    package var version: String
    package var platform: String
    package var architecture: String
    package var author: String?
    package var description: String?
    package var vcsIdentifier: String?
    package var misc: String?
    /// Unix seconds; `nil` when the archive does not say it. No signature covers it.
    package var creationDate: Int64?
    /// Whether there is a signature.
    package var isSigned: Bool
    /// The key that made it; `nil` when none was asked for.
    package var signer: FirmwareKey?
    /// In the order of their declaration.
    package var resources: [FirmwareResource]

    /// Whether it can be installed over certain firmware only.
    package var isDelta: Bool { resources.contains(where: \.isPatch) }

    /// Bytes of a value that every archive has.
    private static let valueLimit = 255
    /// Bytes that are kept of any other value.
    private static let textLimit = 4096

    init(_ conf: MetaConf, metadata: [UInt8], creationDate: Int64?) throws(FirmwareError) {
        uuid = FirmwareUUID.of(metadata)
        product = try Self.required("meta-product", conf)
        version = try Self.required("meta-version", conf)
        platform = try Self.required("meta-platform", conf)
        architecture = try Self.required("meta-architecture", conf)
        author = Self.cut(conf.values["meta-author"])
        description = Self.cut(conf.values["meta-description"])
        vcsIdentifier = Self.cut(conf.values["meta-vcs-identifier"])
        misc = Self.cut(conf.values["meta-misc"])
        self.creationDate = creationDate
        isSigned = false
        resources = conf.resources
    }

    /// Whether a text may stand for product, version, platform or architecture.
    package static func isValue(_ text: String) -> Bool {
        (1...valueLimit).contains(text.utf8.count) && ArtifactRules.isName(text)
    }

    private static func required(_ key: String, _ conf: MetaConf) throws(FirmwareError) -> String {
        guard let value = conf.values[key], isValue(value) else { throw .badValue(key) }
        return value
    }

    private static func cut(_ text: String?) -> String? {
        text.map { KeptText.of($0, limit: textLimit) }
    }
}

/// How firmware is named by its content.
package enum FirmwareUUID {
    /// What fwup puts before `meta.conf` (18.3).
    private static let space: [UInt8] = [
        0x20, 0x53, 0xDF, 0xFB, 0xD5, 0x1E, 0x43, 0x10, 0xB9, 0x3B, 0x95, 0x6D, 0xA8, 0x9F, 0x9F, 0x34,
    ]

    /// Of an archive's `meta.conf`, as fwup makes it.
    static func of(_ metadata: [UInt8]) -> String {
        // Upper half of byte 6 only: fwup sets no variant.
        text(BLAKE2bStream.hash(space + metadata))
    }

    /// Of a file that has no name of its own, from its SHA-256: equal files have equal ones.
    package static func of(sha256 digest: [UInt8]) -> String {
        var bytes = SHA256.hash(Array("latchkey raw firmware".utf8) + digest)
        bytes[8] = bytes[8] & 0x3F | 0x80
        return text(bytes)
    }

    private static func text(_ hash: [UInt8]) -> String {
        var bytes = Array(hash.prefix(16))
        bytes[6] = bytes[6] & 0x0F | 0x50
        let digits = Array(Hex.encode(bytes))
        return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }.joined(separator: "-")
    }
}
