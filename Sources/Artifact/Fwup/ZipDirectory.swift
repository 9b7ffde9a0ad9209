/// The directory of a zip archive, compared with the headers before the members: who reads the archive as a stream and
/// who reads it by the directory must see the same (18.5 steps 2 to 4).
enum ZipDirectory {
    static let memberLimit = 512
    /// What all members may inflate to.
    static let sizeLimit: Int64 = 4 << 30
    private static let endLength = 22
    private static let entryLength = 46
    private static let directoryLimit = 1 << 20

    /// The members in their order.
    static func members(of source: FirmwareSource) throws(FirmwareError) -> [ZipMember] {
        guard source.size >= 4, try source.read(4, at: 0) == LocalHeader.mark else { throw .notAnArchive }
        let end = try endRecord(of: source)
        let directory = try source.read(end.size, at: end.offset)
        var members: [ZipMember] = []
        var names: Set<String> = []
        var rest = directory[...]
        var total: Int64 = 0
        for _ in 0..<end.count {
            let member = try entry(&rest)
            guard names.insert(member.name).inserted else { throw .duplicate(ArtifactError.shown(member.name)) }
            total += member.size
            guard total <= sizeLimit else { throw .tooLarge("what it unpacks to", limit: sizeLimit) }
            members.append(member)
        }
        guard rest.isEmpty else { throw .container("its directory has bytes that belong to no member") }
        var place: Int64 = 0
        for index in members.indices { place = try LocalHeader.check(&members[index], at: place, in: source) }
        guard place == end.offset else { throw .container("there is a gap before its directory") }
        return members
    }

    private static func endRecord(
        of source: FirmwareSource
    ) throws(FirmwareError) -> (count: Int, size: Int, offset: Int64) {
        let start = source.size - Int64(endLength)
        let record = try source.read(endLength, at: start)
        guard record.starts(with: [0x50, 0x4B, 0x05, 0x06]) else {
            throw .container("it does not end with the end of its directory")
        }
        var fields = ZipFields(record[4...])
        guard fields.short() == 0, fields.short() == 0 else { throw .container("it is one of several disks") }
        let here = fields.short()
        let count = fields.short()
        guard here == count else { throw .container("it is one of several disks") }
        let size = Int64(fields.long())
        let offset = Int64(fields.long())
        guard fields.short() == 0 else { throw .container("it has a comment") }
        guard count <= memberLimit else { throw .tooManyMembers(limit: memberLimit) }
        guard size <= directoryLimit else { throw .container("its directory is too long") }
        // With zip64 the place is 2^32 - 1, which no directory of the right size has.
        guard offset + size == start else { throw .container("its directory is not right before its end") }
        return (Int(count), Int(size), offset)
    }

    /// One entry, taken from the front.
    private static func entry(_ rest: inout ArraySlice<UInt8>) throws(FirmwareError) -> ZipMember {
        guard rest.count >= entryLength, rest.starts(with: [0x50, 0x4B, 0x01, 0x02]) else {
            throw .container("its directory is cut")
        }
        var fields = ZipFields(rest.dropFirst(4))
        let system = fields.short() >> 8
        _ = fields.short()
        let (flags, method) = (fields.short(), fields.short())
        _ = fields.long()
        let (crc, storedSize, size) = (fields.long(), fields.long(), fields.long())
        let (nameLength, extraLength, commentLength) = (Int(fields.short()), Int(fields.short()), fields.short())
        let disk = fields.short()
        _ = fields.short()
        let attributes = fields.long()
        let offset = fields.long()
        guard commentLength == 0, disk == 0 else { throw .container("a member has a comment or another disk") }
        guard rest.count >= entryLength + nameLength + extraLength else { throw .container("its directory is cut") }
        rest = rest.dropFirst(entryLength)
        let name = rest.prefix(nameLength)
        rest = rest.dropFirst(nameLength)
        _ = try ExtraFields.modified(rest.prefix(extraLength))
        rest = rest.dropFirst(extraLength)
        let shown = String(decoding: name, as: UTF8.self)
        guard ZipMember.isName(name) else { throw .badName(ArtifactError.shown(shown)) }
        guard flags & ~0x0808 == 0 else { throw .container("a member is encrypted, or has flags that are not known") }
        guard let kind = ZipMember.Method(rawValue: method) else {
            throw .container("a member is compressed in a way that is not known")
        }
        guard kind == .deflate || storedSize == size, storedSize != .max, size != .max else {
            throw .container("a member has no valid length")
        }
        guard isRegular(attributes, system: system) else { throw .container("a member is not a regular file") }
        return ZipMember(
            name: shown, method: kind, flags: flags, crc: crc, storedSize: Int64(storedSize),
            size: Int64(size), offset: Int64(offset))
    }

    /// - Parameter system: who made the entry: 3 is Unix, which has its mode in the upper half of the attributes.
    private static func isRegular(_ attributes: UInt32, system: UInt16) -> Bool {
        let kind = attributes >> 16 & 0o170000
        return attributes & 0x10 == 0 && (system != 3 || kind == 0 || kind == 0o100000)
    }
}
