internal import PKI

/// Writes a backup, chunk by chunk, to wherever its bytes go.
package struct BackupWriter {
    private var chunks: BackupChunks
    private var buffer: [UInt8] = []
    private let output: ([UInt8]) async throws -> Void

    /// Begins a backup: turning the passphrase into a key takes some 300 ms.
    package init(passphrase: String, output: @escaping ([UInt8]) async throws -> Void) async throws {
        let header = BackupHeader()
        chunks = BackupChunks(header: header.bytes, key: header.key(passphrase))
        self.output = output
        try await output(header.bytes)
    }

    /// Adds a file.
    ///
    /// - Parameter read: answers the next bytes, at most as many as asked for; together exactly the entry's size.
    package mutating func add(_ entry: BackupEntry, read: (Int) throws -> [UInt8]) async throws {
        let name = Array(entry.name.utf8)
        try await append(
            bigEndian(UInt64(name.count), 2) + name + bigEndian(UInt64(entry.mode), 2)
                + bigEndian(UInt64(entry.size), 8))
        var left = entry.size
        while left > 0 {
            let part = try read(Int(min(left, Int64(BackupChunks.length))))
            // A file that shrank while it was read: the backup would be one nobody can read.
            guard !part.isEmpty else { throw BackupError.damaged }
            try await append(part)
            left -= Int64(part.count)
        }
    }

    package mutating func finish() async throws {
        try await output(chunks.seal(buffer, isLast: true))
        buffer = []
    }

    private mutating func append(_ bytes: [UInt8]) async throws {
        buffer += bytes
        while buffer.count > BackupChunks.length {
            try await output(chunks.seal(Array(buffer.prefix(BackupChunks.length)), isLast: false))
            buffer.removeFirst(BackupChunks.length)
        }
    }
}
