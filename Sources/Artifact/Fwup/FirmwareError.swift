package import Files

/// Why a firmware archive of fwup can't be taken (docs/protocols/device-link.md 18.5).
package enum FirmwareError: Error, Equatable, Sendable {
    /// It does not begin like an archive.
    case notAnArchive
    /// The zip container breaks a rule; the text says which.
    case container(String)
    /// More members than the limit.
    case tooManyMembers(limit: Int)
    /// A name that is not allowed, of a member or of a declared resource.
    case badName(String)
    /// A member or a resource is there twice.
    case duplicate(String)
    /// `meta.conf.ed25519` is not 64 bytes.
    case signatureLength
    /// `meta.conf` is not the first member after the signature.
    case noMetadata
    /// `meta.conf` is shorter or longer than a description may be.
    case metadataSize(limit: Int)
    /// It has no signature, and one is wanted.
    case unsigned
    /// It has a signature, but there is no key to judge it by.
    case noKeys
    /// None of the keys made its signature.
    case wrongSignature
    /// `meta.conf` can't be read; the text says why.
    case metadata(line: Int, String)
    /// A value that every archive must have is missing, too long, or not plain text.
    case badValue(String)
    /// A member that `meta.conf` does not declare.
    case undeclared(String)
    /// A resource without its member.
    case missing(String)
    /// A member or the whole is larger than so many bytes.
    case tooLarge(String, limit: Int64)
    /// A member's compressed bytes or its zip checksum are wrong.
    case damaged(String)
    /// A member has another length than the archive says.
    case wrongLength(String)
    /// A resource has another hash than `meta.conf` says, or `meta.conf` says none.
    case wrongHash(String)
    /// A patch in an archive without signature: nobody could check what it makes.
    case unsignedPatch(String)
    /// The file can't be read.
    case file(FileError)
    /// The task that reads was cancelled.
    case cancelled
}

extension FirmwareError: CustomStringConvertible {
    /// One line for a person. Names come from the archive: what shows them must make control characters harmless.
    package var description: String {
        switch self {
        case .notAnArchive: "it is not a firmware archive"
        case .container(let reason): "its zip container is not allowed: \(reason)"
        case .tooManyMembers(let limit): "it has more than \(limit) members"
        case .badName(let name): "\(name) is a name that is not allowed"
        case .duplicate(let name): "\(name) occurs twice"
        case .signatureLength: "its signature does not have 64 bytes"
        case .noMetadata: "meta.conf is not its first member after the signature"
        case .metadataSize(let limit): "meta.conf does not have 10 to \(limit) bytes"
        case .unsigned: "it is not signed"
        case .noKeys: "it is signed, and the hub has no firmware key to check that with"
        case .wrongSignature: "its signature was made by none of the hub's firmware keys, or meta.conf was changed"
        case .metadata(let line, let reason): "meta.conf, line \(line): \(reason)"
        case .badValue(let name): "\(name) is missing, longer than 255 bytes, or has control characters"
        case .undeclared(let name): "\(name) is not declared in meta.conf"
        case .missing(let name): "\(name) is declared in meta.conf and missing"
        case .tooLarge(let name, let limit): "\(name) is larger than \(limit) bytes"
        case .damaged(let name): "\(name) is damaged"
        case .wrongLength(let name): "\(name) has another length than the archive says"
        case .wrongHash(let name): "\(name) has another hash than meta.conf says"
        case .unsignedPatch(let name): "\(name) is a patch, which only a signed archive may have"
        case .file(let error): "\(error)"
        case .cancelled: "reading was cancelled"
        }
    }
}
