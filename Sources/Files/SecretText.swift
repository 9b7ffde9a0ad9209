/// A secret as people write it into a file or a pipe: one line of text.
package enum SecretText {
    /// The line without the byte order mark in front of it, which some editors write, and one line end behind it.
    ///
    /// - Returns: `nil` for UTF-16, whose bytes nobody means by their secret.
    package static func line(of bytes: [UInt8]) -> [UInt8]? {
        guard !bytes.starts(with: [0xFF, 0xFE]), !bytes.starts(with: [0xFE, 0xFF]) else { return nil }
        var line = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
        if line.last == UInt8(ascii: "\n") { line.removeLast() }
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        return Array(line)
    }
}

extension SecureFile {
    /// The secret a file holds (``SecretText``).
    ///
    /// - Throws: ``FileError``, also for UTF-16.
    package static func secret(_ path: String) throws(FileError) -> [UInt8] {
        guard let line = SecretText.line(of: try bytes(path)) else {
            throw FileError(path: path, doing: "read", reason: "it is UTF-16; save it as UTF-8")
        }
        return line
    }
}
