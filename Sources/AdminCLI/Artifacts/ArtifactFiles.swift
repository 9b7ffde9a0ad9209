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
