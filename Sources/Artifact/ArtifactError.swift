package import Encoding
package import Files

/// Why an artifact can't be read or written.
package enum ArtifactError: Error, Equatable, Sendable {
    /// It does not begin like an artifact.
    case notAnArtifact
    /// An artifact of another format version than 3.
    case unsupportedVersion
    /// It ends before its end.
    case truncated
    /// Bytes follow the end, of the whole or of the named member.
    case trailingBytes(String)
    /// The named archive or member is no such thing: wrong checksum of an entry, broken compression.
    case damaged(String)
    /// A member that does not belong there: unknown, or in the wrong order.
    case unexpectedMember(String)
    /// A member that must be there is not.
    case missingMember(String)
    /// A member or file is there twice.
    case duplicate(String)
    /// An absolute name, one with `..`, with folders where none may be, empty, too long, not UTF-8, with control
    /// characters.
    case badName(String)
    /// A name that is allowed, but that widespread readers refuse.
    case unportableName(String)
    /// A link, device, folder or sparse file.
    case notAPlainFile(String)
    /// More bytes than the limit.
    case tooLarge(String, limit: Int64)
    /// More of something than the limit.
    case tooMany(String, limit: Int)
    /// It unpacks to far more than any real content would.
    case bomb(String)
    /// Unpacking would take more memory than the hub or a device gives.
    case tooMuchMemory(String)
    /// A line of the manifest, counted from 1, is none.
    case badManifest(line: Int)
    /// Content and manifest differ.
    case checksumMismatch(String)
    /// In the artifact, but not in its manifest.
    case notListed(String)
    /// In the manifest, but not in the artifact.
    case listedButAbsent(String)
    /// A JSON document of the header can't be read.
    case badDocument(String, MessageError)
    /// A value in a document of the header breaks its rule; the second text is the member's name.
    case badValue(String, String)
    /// It has parts that its signature does not cover.
    case augmented
    /// More than one payload.
    case severalPayloads
    /// `manifest.sig` is not a signature.
    case badSignature
    /// The key can't sign artifacts: neither P-256 nor RSA of at least 2048 bits.
    case unsupportedKey
    case alreadySigned
    /// A file changed while it was read.
    case changedWhileRead(String)
    /// A file can't be read or written.
    case file(FileError)
    /// The task that reads was cancelled.
    case cancelled
}

extension ArtifactError: CustomStringConvertible {
    /// One line for a person. Names come from the artifact: what shows them must make control characters harmless.
    package var description: String {
        switch self {
        case .notAnArtifact: "it is not an artifact"
        case .unsupportedVersion: "it is an artifact of another format version than 3"
        case .truncated: "it is cut short"
        case .trailingBytes(let name): "bytes follow the end of \(name)"
        case .damaged(let name): "\(name) is damaged"
        case .unexpectedMember(let name): "\(name) does not belong there"
        case .missingMember(let name): "\(name) is missing"
        case .duplicate(let name): "\(name) occurs twice"
        case .badName(let name): "\(name) is a name that is not allowed"
        case .unportableName(let name):
            "\(name) is a name that not every device takes; use letters, digits and . , _ - only"
        case .notAPlainFile(let name): "\(name) is not a plain file"
        case .tooLarge(let name, let limit): "\(name) is larger than \(limit) bytes"
        case .tooMany(let what, let limit): "more than \(limit) \(what)"
        case .bomb(let name): "\(name) unpacks to far more than it should"
        case .tooMuchMemory(let name): "\(name) needs too much memory to unpack; use a lower compression level"
        case .badManifest(let line): "line \(line) of the manifest is none"
        case .checksumMismatch(let name): "\(name) differs from what the manifest says"
        case .notListed(let name): "\(name) is not in the manifest"
        case .listedButAbsent(let name): "\(name) is in the manifest and nowhere else"
        case .badDocument(let name, let error): "\(name): \(error)"
        case .badValue(let name, let member): "\(name): \(member) has a value that is not allowed"
        case .augmented: "it is augmented with parts its signature does not cover, which is not supported"
        case .severalPayloads: "it has more than one payload, which is not supported"
        case .badSignature: "its signature can't be read"
        case .unsupportedKey: "artifacts are signed with P-256 or with RSA of at least 2048 bits"
        case .alreadySigned: "it is signed already"
        case .changedWhileRead(let name): "\(name) changed while it was read"
        case .file(let error): "\(error)"
        case .cancelled: "reading was cancelled"
        }
    }

    /// A name from outside, short enough for an error.
    static func shown(_ name: String) -> String {
        name.utf8.count <= 80 ? name : String(name.prefix(40)) + "…"
    }
}
