internal import Files

/// The bytes of an archive, read at any place.
package struct FirmwareSource {
    /// Bytes of the whole.
    let size: Int64
    private let readPart: (Int, Int64) throws(FirmwareError) -> [UInt8]

    /// A file; a link at its place is refused.
    package init(_ path: String) throws(FirmwareError) {
        do throws(FileError) {
            let file = try FileSource(path)
            size = try file.size()
            readPart = { (count, offset) throws(FirmwareError) in
                do throws(FileError) {
                    return try file.read(count, at: offset)
                } catch {
                    throw .file(error)
                }
            }
        } catch {
            throw .file(error)
        }
    }

    /// Bytes in memory.
    package init(bytes: [UInt8]) {
        size = Int64(bytes.count)
        readPart = { (count, offset) throws(FirmwareError) in Array(bytes[Int(offset)..<(Int(offset) + count)]) }
    }

    /// Exactly so many bytes.
    ///
    /// - Throws: ``FirmwareError/container(_:)`` when they are not there.
    func read(_ count: Int, at offset: Int64) throws(FirmwareError) -> [UInt8] {
        guard !Task.isCancelled else { throw .cancelled }
        guard count >= 0, offset >= 0, offset <= size, Int64(count) <= size - offset else {
            throw .container("it is cut")
        }
        let bytes = try readPart(count, offset)
        guard bytes.count == count else { throw .container("it is cut") }
        return bytes
    }
}
