package import Files
internal import PKI

/// What a device can compare of a file while it arrives.
package struct FileSums: Sendable, Equatable {
    /// Bytes of a part; the last one is shorter.
    package static let partLength = 1 << 20

    /// Bytes of the file.
    package let size: Int64
    /// SHA-256 of the file.
    package let sha256: [UInt8]
    /// SHA-256 of each part, one after the other.
    package let parts: [UInt8]

    /// Reads a file to its end.
    ///
    /// - Throws: ``FileError``.
    package init(of path: String) throws(FileError) {
        let file = try FileSource(path)
        let whole = SHA256Stream()
        var (size, parts) = (Int64(0), [UInt8]())
        while case let part = try file.read(Self.partLength), !part.isEmpty {
            size += Int64(part.count)
            whole.update(part[...])
            parts += SHA256.hash(part)
        }
        (self.size, self.parts) = (size, parts)
        sha256 = whole.finish()
    }
}
