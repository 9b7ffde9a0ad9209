internal import ArgumentParser
internal import Artifact
internal import Files
internal import PKI

/// What the commands on artifact files share.
enum ArtifactFiles {
    /// Does something with an artifact; what is wrong with it becomes one line that names the file.
    static func with<Value>(_ path: String, _ work: () throws -> Value) throws -> Value {
        do {
            return try work()
        } catch let error as ArtifactError {
            if case .file(let error) = error { throw error }
            throw CommandFailure.failed("\(path): \(error)")
        } catch let error as FirmwareError {
            if case .file(let error) = error { throw error }
            throw CommandFailure.failed("\(path): \(error)")
        }
    }

    /// Whether a file begins like a `.fw` archive.
    static func isFirmware(_ path: String) throws -> Bool { FirmwareReader.isArchive(try FileSource(path).read(4)) }

    /// Whether a file is a `.fw` archive and not just any zip file: in one `meta.conf` or its signature comes first.
    static func isFwup(_ path: String) throws -> Bool {
        let header = try FileSource(path).read(39)
        return FirmwareReader.isArchive(header) && header.dropFirst(30).elementsEqual("meta.conf".utf8)
    }

    /// Firmware keys from files: 32 bytes or their base64.
    static func firmwareKeys(_ paths: [String]) throws -> [FirmwareKey] {
        try paths.map { path in
            guard let key = FirmwareKey(reading: try SecureFile.bytes(path)) else {
                throw CommandFailure.failed("\(path) does not contain a firmware key; fwup -g makes them")
            }
            return key
        }
    }

    /// The part behind the last slash.
    static func name(_ path: String) -> String {
        String(path.split(separator: "/").last ?? "")
    }

    /// `key=value`.
    static func pairs(_ texts: [String], _ option: String) throws -> [String: String] {
        var pairs: [String: String] = [:]
        for text in texts {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw CommandFailure.usage("\(option) wants key=value, not \(text)")
            }
            guard pairs.updateValue(String(parts[1]), forKey: String(parts[0])) == nil else {
                throw CommandFailure.usage("\(option) names \(parts[0]) twice")
            }
        }
        return pairs
    }

    /// Public keys from PEM files.
    static func publicKeys(_ paths: [String]) throws -> [PublicKey] {
        try paths.map { path in
            guard let key = try? PublicKey(pem: try SecureFile.read(path)) else {
                throw CommandFailure.failed("\(path) does not contain a public key; it must be a PEM block PUBLIC KEY")
            }
            return key
        }
    }
}
