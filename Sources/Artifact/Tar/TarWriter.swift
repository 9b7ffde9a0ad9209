/// Takes the next bytes of what is written.
package typealias ArtifactSink = (ArraySlice<UInt8>) throws(ArtifactError) -> Void

/// Writes a tar archive of plain files: mode 0600, owner 0, time 0.
final class TarWriter {
    private let sink: ArtifactSink
    private var left: Int64 = 0
    private var padding = 0

    init(_ sink: @escaping ArtifactSink) { self.sink = sink }

    /// Announces a file of exactly so many bytes.
    func begin(_ name: String, size: Int64) throws(ArtifactError) {
        try endFile()
        let bytes = Array(name.utf8)
        let isShort = bytes.count <= 100 && bytes.allSatisfy { $0 < 0x80 }
        let isSmall = size < TarHeader.sizeLimit
        if !isShort || !isSmall {
            let records =
                (isShort ? [] : ExtendedRecords.encode("path", bytes))
                + (isSmall ? [] : ExtendedRecords.encode("size", Array(String(size).utf8)))
            let header = TarHeader(name: Array("records".utf8), kind: .extended, size: Int64(records.count))
            try sink((header.encoded() + records + Self.zeros(TarHeader.padding(header.size)))[...])
        }
        // Readers without extended records see a name that can't be mistaken for another file's.
        let shortName = isShort ? bytes : Array("long-name".utf8)
        try sink(TarHeader(name: shortName, size: isSmall ? size : 0).encoded()[...])
        left = size
        padding = TarHeader.padding(size)
    }

    /// The next bytes of the file.
    func write(_ part: ArraySlice<UInt8>) throws(ArtifactError) {
        precondition(Int64(part.count) <= left, "more bytes than announced")
        left -= Int64(part.count)
        try sink(part)
    }

    func add(_ name: String, _ content: [UInt8]) throws(ArtifactError) {
        try begin(name, size: Int64(content.count))
        try write(content[...])
    }

    func finish() throws(ArtifactError) {
        try endFile()
        try sink(Self.zeros(2 * TarHeader.length)[...])
    }

    private func endFile() throws(ArtifactError) {
        precondition(left == 0, "fewer bytes than announced")
        if padding > 0 { try sink(Self.zeros(padding)[...]) }
        padding = 0
    }

    private static func zeros(_ count: Int) -> [UInt8] {
        [UInt8](repeating: 0, count: count)
    }
}
