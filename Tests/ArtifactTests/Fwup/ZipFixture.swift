@testable import Artifact

/// Zip archives of stored members, for what no vector has.
enum ZipFixture {
    static func archive(_ members: [(name: String, content: [UInt8])]) -> [UInt8] {
        var (bytes, directory) = ([UInt8](), [UInt8]())
        for member in members {
            var checksum = ZipChecksum()
            checksum.update(member.content)
            let sizes = long(checksum.value) + long(UInt32(member.content.count)) + long(UInt32(member.content.count))
            let fields = short(20) + short(0) + short(0) + long(0) + sizes + short(UInt16(member.name.utf8.count))
            directory += [0x50, 0x4B, 1, 2] + short(0x0314) + fields + short(0) + short(0) + short(0) + short(0)
            directory += long(0o100644 << 16) + long(UInt32(bytes.count)) + member.name.utf8
            bytes += LocalHeader.mark + fields + short(0) + Array(member.name.utf8) + member.content
        }
        let end = short(UInt16(members.count)) + short(UInt16(members.count)) + long(UInt32(directory.count))
        return bytes + directory + [0x50, 0x4B, 5, 6] + long(0) + end + long(UInt32(bytes.count)) + short(0)
    }

    /// The same archive without its signature.
    static func unsigned(_ archive: [UInt8]) throws -> [UInt8] {
        let source = FirmwareSource(bytes: archive)
        let members = try ZipDirectory.members(of: source).filter { $0.name != "meta.conf.ed25519" }
        return Self.archive(
            try members.map { ($0.name, try MemberStream($0, in: source, limit: $0.size).whole()) })
    }

    /// An archive of this description.
    static func archive(meta: String) -> [UInt8] { archive([("meta.conf", Array(meta.utf8))]) }

    private static func short(_ value: UInt16) -> [UInt8] {
        (0..<2).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    private static func long(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}
