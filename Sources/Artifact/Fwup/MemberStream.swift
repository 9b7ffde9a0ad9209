/// The inflated bytes of a member, part by part.
final class MemberStream {
    private static let partLength = 65_536
    private let source: FirmwareSource
    private let member: ZipMember
    private let limit: Int64
    private let inflater: Inflater?
    private var input: ArraySlice<UInt8> = []
    /// Stored bytes that were read.
    private var read: Int64 = 0
    private var produced: Int64 = 0
    private var checksum = ZipChecksum()
    private var isEnded = false

    /// - Parameter limit: bytes after which it stops, whatever the archive says of the member.
    init(_ member: ZipMember, in source: FirmwareSource, limit: Int64) {
        (self.member, self.source, self.limit) = (member, source, limit)
        inflater = member.method == .deflate ? Inflater() : nil
    }

    /// The next bytes; none at the end, when length and checksum were right.
    func part() throws(FirmwareError) -> [UInt8] {
        while !isEnded {
            let bytes = try next()
            produced += Int64(bytes.count)
            guard produced <= limit else { throw .tooLarge(shown, limit: limit) }
            guard produced <= member.size else { throw .wrongLength(shown) }
            checksum.update(bytes)
            if !bytes.isEmpty { return bytes }
        }
        guard produced == member.size else { throw .wrongLength(shown) }
        guard checksum.value == member.crc else { throw .damaged(shown) }
        return []
    }

    /// All of it.
    func whole() throws(FirmwareError) -> [UInt8] {
        var bytes: [UInt8] = []
        while case let part = try part(), !part.isEmpty { bytes += part }
        return bytes
    }

    private func next() throws(FirmwareError) -> [UInt8] {
        if input.isEmpty, read < member.storedSize {
            let count = Int(min(Int64(Self.partLength), member.storedSize - read))
            input = try source.read(count, at: member.dataOffset + read)[...]
            read += Int64(count)
        }
        guard let inflater else {
            defer { input = [] }
            isEnded = input.isEmpty
            return Array(input)
        }
        guard let step = inflater.inflate(input, room: Self.partLength) else { throw .damaged(shown) }
        input = input.dropFirst(step.used)
        isEnded = step.isEnd
        // Bytes behind the stream are seen by nobody, and a stream without an end is cut.
        let isMisplaced = isEnded ? !input.isEmpty || read < member.storedSize : step.used == 0 && step.output.isEmpty
        guard !isMisplaced else { throw .damaged(shown) }
        return step.output
    }

    private var shown: String { ArtifactError.shown(member.name) }
}
