internal import Files
internal import Wire

/// Stores what a device sends over its console into a folder. Names are the device's: they are made safe, and nothing
/// that is there is written over.
struct FileReceiver {
    /// Largest file, in bytes; the hub hands over no larger one.
    private static let limit = 16 << 20
    /// Names that are tried for one file.
    private static let tries = 1000
    private static let nameLimit = 200

    private let folder: String
    /// What comes in now.
    private var incoming: (name: String, bytes: [UInt8])?

    /// - Throws: ``CommandFailure`` when it is no folder.
    init(_ folder: String) throws {
        guard SecureFile.isFolder(folder) else { throw CommandFailure.failed("\(folder) is not a folder") }
        self.folder = folder.hasSuffix("/") ? String(folder.dropLast()) : folder
    }

    /// Takes a message of the file protocol.
    ///
    /// - Returns: what to tell the person.
    mutating func take(_ envelope: LinkEnvelope) -> String? {
        switch envelope.type {
        case "file_info":
            incoming = (try? LinkBody.File(parsing: envelope.body)).map { (name: $0.path, bytes: []) }
            return nil
        case "file_chunk":
            guard let now = incoming else { return nil }
            guard !envelope.body.isEmpty else {
                incoming = nil
                return store(now.bytes, as: now.name)
            }
            guard now.bytes.count + envelope.body.count <= Self.limit else {
                incoming = nil
                return "a file of the device is too large; it is not stored"
            }
            incoming?.bytes += envelope.body
            return nil
        case "error":
            let text = (try? LinkBody.Failure(parsing: envelope.body).text) ?? ""
            return "a file of the device is lost: \(Terminal.plain(text))"
        default: return nil
        }
    }

    private func store(_ bytes: [UInt8], as name: String) -> String {
        let safe = Self.safe(name)
        for number in 0..<Self.tries {
            let path = "\(folder)/\(number == 0 ? safe : "\(safe).\(number)")"
            do {
                if try SecureFile.create(bytes, at: path, mode: 0o600) {
                    return "received \(path), \(bytes.count) bytes"
                }
            } catch {
                return "a file of the device is not stored: \(error)"
            }
        }
        return "a file of the device is not stored: \(folder) has too many of the name \(safe)"
    }

    /// A name that stays in its folder, is not hidden and needs no quotes: other characters become `_`.
    static func safe(_ name: String) -> String {
        let last = name.utf8.split { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }.last ?? []
        var bytes = last.prefix(nameLimit).map { byte -> UInt8 in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2B, 0x2D, 0x2E, 0x5F: byte
            default: 0x5F
            }
        }
        if let first = bytes.first, first == UInt8(ascii: ".") || first == UInt8(ascii: "-") { bytes[0] = 0x5F }
        return bytes.isEmpty ? "file" : String(decoding: bytes, as: UTF8.self)
    }
}
