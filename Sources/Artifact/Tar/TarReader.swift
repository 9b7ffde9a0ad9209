/// A file in a tar archive.
struct TarEntry: Equatable {
    /// Not checked beyond being UTF-8.
    let name: String
    /// Bytes.
    let size: Int64
    /// Unix seconds.
    let modified: Int64
}

/// Reads a tar archive from front to back: plain files only, and nothing behind the end.
///
/// Small and strict on purpose, where a general reader would accept a dozen formats, fill holes, follow the locale's
/// character set and take the end of the input for the end of the archive.
final class TarReader {
    private let bytes: ByteReader
    private let archive: String
    private var left: Int64 = 0
    private var padding = 0
    private var isFinished = false

    /// Some writers fill up to 20 records; more zeros than these do not end an archive.
    private static let fillLimit: Int64 = 10_240

    /// - Parameter archive: its name, for errors.
    init(_ bytes: ByteReader, archive: String) {
        self.bytes = bytes
        self.archive = archive
    }

    /// The next file, after whatever was not read of the one before; `nil` at the end.
    func next() throws(ArtifactError) -> TarEntry? {
        guard !isFinished else { return nil }
        while left > 0 { _ = try part() }
        try skipPadding()
        var extended: ExtendedRecords?
        var longName: [UInt8]?
        while true {
            guard let block = try bytes.block(TarHeader.length) else { throw .truncated }
            if block.allSatisfy({ $0 == 0 }) {
                guard extended == nil, longName == nil else { throw .damaged(archive) }
                try finish()
                return nil
            }
            let header = try TarHeader(block, in: archive)
            switch header.kind {
            case .file: return try entry(header, extended, longName)
            case .extended:
                guard extended == nil else { throw .damaged(archive) }
                extended = try ExtendedRecords(try attachment(header), in: archive)
            case .longName:
                guard longName == nil else { throw .damaged(archive) }
                let name = try attachment(header)
                longName = name.last == 0 ? name.dropLast() : name
            }
        }
    }

    /// The next bytes of the file, none at its end.
    func part() throws(ArtifactError) -> ArraySlice<UInt8> {
        guard left > 0 else { return [] }
        let part = try bytes.part(atMost: Int(min(left, 1 << 20)))
        guard !part.isEmpty else { throw .truncated }
        left -= Int64(part.count)
        return part
    }

    /// All of the file, which must not be larger than so many bytes.
    func whole(_ entry: TarEntry, limit: Int) throws(ArtifactError) -> [UInt8] {
        guard entry.size <= Int64(limit) else {
            throw .tooLarge(ArtifactError.shown(entry.name), limit: Int64(limit))
        }
        var content: [UInt8] = []
        content.reserveCapacity(Int(entry.size))
        while case let part = try part(), !part.isEmpty { content += part }
        return content
    }

    private func entry(
        _ header: TarHeader, _ extended: ExtendedRecords?, _ longName: [UInt8]?
    ) throws(ArtifactError) -> TarEntry {
        let bytes = extended?.path ?? longName ?? header.name
        guard let name = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
            throw .badName(ArtifactError.shown(String(decoding: bytes, as: UTF8.self)))
        }
        left = extended?.size ?? header.size
        padding = TarHeader.padding(left)
        return TarEntry(name: name, size: left, modified: header.modified)
    }

    private func attachment(_ header: TarHeader) throws(ArtifactError) -> [UInt8] {
        guard header.size <= ExtendedRecords.limit else { throw .tooLarge(archive, limit: ExtendedRecords.limit) }
        guard header.size > 0, let content = try bytes.block(Int(header.size)) else { throw .damaged(archive) }
        padding = TarHeader.padding(header.size)
        try skipPadding()
        return content
    }

    private func skipPadding() throws(ArtifactError) {
        guard padding > 0 else { return }
        guard let fill = try bytes.block(padding) else { throw .truncated }
        // Nothing reads it, no sum covers it: it must not carry anything.
        guard fill.allSatisfy({ $0 == 0 }) else { throw .damaged(archive) }
        padding = 0
    }

    /// Two records of zeros end the archive.
    private func finish() throws(ArtifactError) {
        guard let second = try bytes.block(TarHeader.length) else { throw .truncated }
        guard second.allSatisfy({ $0 == 0 }) else { throw .damaged(archive) }
        var fill: Int64 = 0
        while case let part = try bytes.part(atMost: 65_536), !part.isEmpty {
            fill += Int64(part.count)
            guard fill <= Self.fillLimit, part.allSatisfy({ $0 == 0 }) else { throw .trailingBytes(archive) }
        }
        isFinished = true
    }
}
