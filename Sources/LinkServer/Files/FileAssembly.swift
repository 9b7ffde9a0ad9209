internal import Encoding
internal import Presence

/// Puts the parts of files together that a device sends over its console (docs/protocols/device-link.md 11.1). Pure.
struct FileAssembly {
    /// Files at the same time.
    static let openLimit = 4
    /// Longest name, in bytes.
    static let nameLimit = 255

    private struct Parts {
        let name: String
        var count = 0
        var bytes: [UInt8] = []
    }

    /// By the bytes of the name: as texts, two that look alike would be one.
    private var open: [[UInt8]: Parts] = [:]

    /// Takes an event of the topic; what is malformed, and parts of no file, are passed over.
    ///
    /// - Returns: a file that is whole, or will never be.
    mutating func take(_ event: String, _ payload: JSONValue) -> SentFile? {
        guard let name = payload["filename"]?.string, (1...Self.nameLimit).contains(name.utf8.count) else { return nil }
        let key = Array(name.utf8)
        switch event {
        case "file-data/start":
            // The same file from its beginning.
            open[key] = nil
            guard open.count < Self.openLimit else {
                return .lost(name: name, reason: "\(Self.openLimit) files at the same time are the most")
            }
            open[key] = Parts(name: name)
        case "file-data":
            guard let parts = open[key] else { return nil }
            guard let added = Self.content(payload, number: parts.count) else {
                return lose(key, "a part of it is missing or damaged")
            }
            guard parts.bytes.count + added.count <= ConsoleFiles.limit else {
                return lose(key, "it has more than \(ConsoleFiles.limit >> 20) MiB")
            }
            open[key]?.bytes += added
            open[key]?.count += 1
        case "file-data/stop":
            return open.removeValue(forKey: key).map { .whole(name: $0.name, bytes: $0.bytes) }
        default: break
        }
        return nil
    }

    private mutating func lose(_ key: [UInt8], _ reason: String) -> SentFile? {
        open.removeValue(forKey: key).map { .lost(name: $0.name, reason: reason) }
    }

    /// The bytes of a part, which must be that one.
    private static func content(_ payload: JSONValue, number: Int) -> [UInt8]? {
        guard case .number(let text)? = payload["chunk"], Int(text) == number, let data = payload["data"]?.string
        else { return nil }
        return Base64.decode(data)
    }
}
