internal import Files
internal import Foundation
internal import Glibc

/// Files of the drop-in folder after their import: what they held is sealed in the store, and nowhere in plain text
/// beside it.
enum ImportedFile {
    /// Puts `SOURCE.imported` in a file's place: the same rows, mode 0600, without secrets (``SecretRedaction``). It is
    /// whole on the disk before the file goes; whatever interrupts this leaves the file, which the next start imports
    /// again and finds unchanged.
    ///
    /// - Parameter whole: where the file goes with its secrets, when no report has its rows whole; `nil`:
    ///   nowhere.
    /// - Throws: also when the file can't be removed, and so keeps its secrets.
    static func replace(_ source: String, keepingItAs whole: String? = nil) throws {
        let file = try SecureFile.Replacement(of: source + ".imported", mode: 0o600)
        _ = try redact(source) { bytes in try file.write(bytes) }
        try file.commit()
        if let whole { try SecureFile.move(source, to: whole) } else { try SecureFile.discard(source) }
        try SecureFile.syncFolder(of: source)
    }

    /// Moves a file with secrets, to another file system as well, where the folder is a mount of its own.
    static func carry(_ source: String, to target: String) throws {
        do {
            try SecureFile.move(source, to: target)
        } catch {
            guard error.number == EXDEV else { throw error }
            let file = try SecureFile.Replacement(of: target, mode: 0o600)
            guard let handle = FileHandle(forReadingAtPath: source) else {
                throw FileError(path: source, doing: "read")
            }
            defer { try? handle.close() }
            while let part = try handle.read(upToCount: 65_536), !part.isEmpty { try file.write([UInt8](part)) }
            try file.commit()
            try SecureFile.discard(source)
        }
    }

    /// Takes the secrets out of a file that an older hub, or one without room on its disk, has left as it was.
    ///
    /// - Returns: whether there were some.
    static func clean(_ path: String) throws -> Bool {
        guard try redact(path, write: { _ in }) else {
            _ = unsafe chmod(path, 0o600)
            return false
        }
        let file = try SecureFile.Replacement(of: path, mode: 0o600)
        _ = try redact(path) { bytes in try file.write(bytes) }
        try file.commit()
        return true
    }

    /// - Returns: whether the source held secrets.
    private static func redact(_ source: String, write: ([UInt8]) throws -> Void) throws -> Bool {
        guard let handle = FileHandle(forReadingAtPath: source) else {
            throw FileError(path: source, doing: "read")
        }
        defer { try? handle.close() }
        var redaction = SecretRedaction()
        while let part = try handle.read(upToCount: 65_536), !part.isEmpty {
            try write(redaction.feed([UInt8](part)))
        }
        try write(redaction.finish())
        return redaction.hasFoundSecret
    }
}

/// How long a file with secrets in plain text may stay that somebody has to look at: reports of refused rows, and files
/// that were refused as a whole.
enum PlainFileLife {
    /// 7 days, in seconds.
    static let seconds: Int64 = 7 * 86_400

    /// What becomes of a file.
    enum Verdict: Equatable {
        case keep
        case remove
        /// It was written under a clock that was ahead: its life begins now, neither is it over nor does it last until
        /// that time comes.
        case restart
    }

    /// - Parameters:
    ///   - written: when it was written by the clock of then, Unix seconds.
    ///   - now: Unix seconds.
    ///   - slowTime: the same, but never ahead by a jump of the clock (docs/time.md): by it files are removed.
    static func verdict(written: Int64, now: Int64, slowTime: Int64) -> Verdict {
        if written > now { return .restart }
        return written <= slowTime - seconds ? .remove : .keep
    }
}
