/// What stands before a member's data, and behind it.
enum LocalHeader {
    static let mark: [UInt8] = [0x50, 0x4B, 0x03, 0x04]
    private static let length = 30
    private static let descriptorLength = 16

    /// Compares it with the directory's entry, and notes where the data is.
    ///
    /// - Parameter place: where it must be.
    /// - Returns: where the member ends.
    static func check(
        _ member: inout ZipMember, at place: Int64, in source: FirmwareSource
    ) throws(FirmwareError) -> Int64 {
        let differs = FirmwareError.container("header and directory differ about \(ArtifactError.shown(member.name))")
        guard member.offset == place else { throw differs }
        let header = try source.read(length, at: place)
        guard header.starts(with: mark) else { throw differs }
        var fields = ZipFields(header[4...])
        _ = fields.short()
        let (flags, method) = (fields.short(), fields.short())
        _ = fields.long()
        let sums = [fields.long(), fields.long(), fields.long()]
        let (nameLength, extraLength) = (Int(fields.short()), Int(fields.short()))
        guard flags == member.flags, method == member.method.rawValue else { throw differs }
        let expected = [member.crc, UInt32(member.storedSize), UInt32(member.size)]
        guard zip(sums, expected).allSatisfy({ $0 == $1 || member.hasDescriptor && $0 == 0 }) else { throw differs }
        guard nameLength == member.name.utf8.count else { throw differs }
        let more = try source.read(nameLength + extraLength, at: place + Int64(length))
        guard more.prefix(nameLength).elementsEqual(member.name.utf8) else { throw differs }
        member.modified = try ExtraFields.modified(more.dropFirst(nameLength))
        member.dataOffset = place + Int64(length + nameLength + extraLength)
        let end = member.dataOffset + member.storedSize
        guard member.hasDescriptor else { return end }
        var descriptor = ZipFields(try source.read(descriptorLength, at: end)[...])
        guard descriptor.long() == 0x0807_4B50, [descriptor.long(), descriptor.long(), descriptor.long()] == expected
        else { throw differs }
        return end + Int64(descriptorLength)
    }
}

/// The extra fields of a header: kind, length, content, one after the other.
enum ExtraFields {
    private static let zip64: UInt16 = 0x0001
    private static let extendedTime: UInt16 = 0x5455

    /// When the member was last changed, Unix seconds; `nil` when they don't say it.
    static func modified(_ bytes: ArraySlice<UInt8>) throws(FirmwareError) -> Int64? {
        var (rest, modified) = (bytes, Int64?.none)
        while !rest.isEmpty {
            guard rest.count >= 4 else { throw .container("a member has broken extra fields") }
            var fields = ZipFields(rest)
            let (kind, length) = (fields.short(), Int(fields.short()))
            guard rest.count - 4 >= length else { throw .container("a member has broken extra fields") }
            guard kind != zip64 else { throw .container("it is zip64") }
            let content = rest.dropFirst(4).prefix(length)
            if kind == extendedTime, length >= 5, let flags = content.first, flags & 1 != 0 {
                var time = ZipFields(content.dropFirst())
                modified = Int64(time.long())
            }
            rest = rest.dropFirst(4 + length)
        }
        return modified
    }
}
