internal import Encoding
internal import PKI

/// SHA-256 and size of a file of any size, read once.
struct FileDigest: Equatable {
    /// 64 lower-case hexadecimal digits.
    let sha256: String
    let size: Int64

    /// - Parameters:
    ///   - isShown: whether people see how far it is.
    ///   - take: gets each part as well.
    init(_ path: String, isShown: Bool, _ take: ([UInt8]) throws -> Void = { _ in }) throws {
        let source = try InputSource(path)
        let progress = TransferProgress(total: source.size, isShown: isShown)
        defer { progress.finish() }
        let digest = SHA256Stream()
        var count = 0
        while let part = try source.next() {
            digest.update(part[...])
            try take(part)
            count += part.count
            progress.update(count)
        }
        sha256 = Hex.encode(digest.finish())
        size = Int64(count)
    }
}
