internal import Files

/// Reads a backup from a file: entry after entry, every chunk verified before a byte of it is given out.
package final class BackupReader {
    private let file: FileSource
    private var chunks: BackupChunks
    private var plain: ArraySlice<UInt8> = []
    private var isEnded = false
    private var left: Int64 = 0

    /// Most files a backup may hold.
    private static let entryLimit = 100_000
    private var entries = 0

    /// Opens a backup.
    ///
    /// - Throws: ``BackupError``, `FileError`.
    package init(_ path: String, passphrase: String) throws {
        file = try FileSource(path)
        let header = try BackupHeader(reading: try file.read(BackupHeader.length))
        chunks = BackupChunks(header: header.bytes, key: header.key(passphrase))
        try nextChunk()
    }

    /// The next file, after whatever was not read of the one before; `nil` at the end.
    package func next() throws -> BackupEntry? {
        while left > 0 { _ = try read(BackupChunks.length) }
        if plain.isEmpty, isEnded { return nil }
        entries += 1
        guard entries <= Self.entryLimit else { throw BackupError.damaged }
        let length = Int(Self.number(try take(2)))
        guard let name = String(validating: try take(length), as: UTF8.self) else { throw BackupError.damaged }
        let mode = UInt32(Self.number(try take(2)))
        let size = Self.number(try take(8))
        let entry = BackupEntry(name: name, mode: mode & 0o700, size: Int64(clamping: size))
        guard entry.isRestorable, size < 1 << 48 else { throw BackupError.foreignEntry(String(name.prefix(80))) }
        left = entry.size
        return entry
    }

    /// Up to so many bytes of the file; none at its end.
    package func read(_ count: Int) throws -> [UInt8] {
        guard left > 0 else { return [] }
        if plain.isEmpty { try nextChunk() }
        let part = Array(plain.prefix(Int(min(Int64(count), left))))
        guard !part.isEmpty else { throw BackupError.damaged }
        plain = plain.dropFirst(part.count)
        left -= Int64(part.count)
        return part
    }

    private func take(_ count: Int) throws -> [UInt8] {
        while plain.count < count {
            let rest = Array(plain)
            try nextChunk()
            plain = (rest + plain)[...]
        }
        let taken = Array(plain.prefix(count))
        plain = plain.dropFirst(count)
        return taken
    }

    private func nextChunk() throws {
        guard !isEnded else { throw BackupError.damaged }
        let head = try file.read(5)
        guard head.count == 5, head[0] <= 1 else { throw BackupError.damaged }
        let length = Int(Self.number(Array(head[1...])))
        guard (28...BackupChunks.sealedLimit).contains(length) else { throw BackupError.damaged }
        let sealed = try file.read(length)
        guard sealed.count == length else { throw BackupError.damaged }
        plain = try chunks.open(sealed, isLast: head[0] == 1)[...]
        guard head[0] == 1 else {
            // Only the last chunk may be empty: a file of empty ones would never end.
            guard !plain.isEmpty else { throw BackupError.damaged }
            return
        }
        isEnded = true
        guard try file.read(1).isEmpty else { throw BackupError.damaged }
    }

    private static func number(_ bytes: [UInt8]) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
}
