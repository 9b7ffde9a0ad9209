/// The records of a POSIX.1-2001 extended header: `length key=value`, one a line.
struct ExtendedRecords {
    static let limit: Int64 = 65_536

    private(set) var path: [UInt8]?
    private(set) var size: Int64?

    /// What may be said and is not looked at.
    private static let ignored: Set<String> = [
        "mtime", "atime", "ctime", "uid", "gid", "uname", "gname", "comment",
    ]

    /// Reads records. Whatever makes an entry something else than a plain file (links, sparse files), and what is
    /// unknown, is an error.
    init(_ bytes: [UInt8], in archive: String) throws(ArtifactError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            guard let space = rest.prefix(8).firstIndex(of: 0x20),
                let length = Int(String(decoding: rest[..<space], as: UTF8.self)),
                length > rest[...space].count, length <= rest.count
            else { throw .damaged(archive) }
            let record = rest[(space + 1)..<(rest.startIndex + length)]
            rest = rest.dropFirst(length)
            guard record.last == 0x0A, let equals = record.firstIndex(of: 0x3D) else { throw .damaged(archive) }
            try take(
                String(decoding: record[..<equals], as: UTF8.self), Array(record[(equals + 1)...].dropLast()), archive)
        }
    }

    private mutating func take(_ key: String, _ value: [UInt8], _ archive: String) throws(ArtifactError) {
        switch key {
        case "path":
            guard path == nil else { throw .duplicate("the name of an entry in \(archive)") }
            path = value
        case "size":
            let isNumber = !value.isEmpty && value.allSatisfy { (0x30...0x39).contains($0) }
            guard size == nil, isNumber, let number = Int64(String(decoding: value, as: UTF8.self)) else {
                throw .damaged(archive)
            }
            size = number
        case _ where Self.ignored.contains(key): break
        default: throw .notAPlainFile(ArtifactError.shown("an entry of \(archive) with \(key)"))
        }
    }

    /// One record. Its length counts itself.
    static func encode(_ key: String, _ value: [UInt8]) -> [UInt8] {
        let content = [0x20] + Array(key.utf8) + [0x3D] + value + [0x0A]
        var length = content.count + 1
        while content.count + String(length).utf8.count != length { length = content.count + String(length).utf8.count }
        return Array(String(length).utf8) + content
    }
}
