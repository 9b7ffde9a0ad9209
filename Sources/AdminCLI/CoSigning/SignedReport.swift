internal import CoSigning
internal import Encoding

/// What a command says of a message.
struct SignedReport: Encodable {
    struct Artifact: Encodable {
        let name: String
        let sha256: String
        let size: Int64
        let format: String?
    }

    let file: String
    let kind: String
    let jti: String
    let iss: String?
    let project: String?
    let stream: String?
    let seq: Int64?
    let version: String?
    let deviceTypes: [String]?
    let artifact: Artifact?
    let expiresAt: String
    /// Names of the keys, in the order of signing. Whether a signature is right is not said here.
    let signedBy: [String]
    let bytes: Int

    /// - Throws: `CoSignError` for claims that the protocol does not allow.
    init(_ message: SignedMessage, file: String) throws {
        let claims = try Claims(try Claims.decode(message.payload))
        self.file = file
        kind = claims.kind.rawValue
        jti = claims.id.text
        iss = claims.issuer
        project = claims.project
        stream = claims.release?.stream
        seq = claims.release?.sequence
        version = claims.release?.version
        deviceTypes = claims.release?.deviceTypes
        artifact = claims.release.map {
            Artifact(
                name: $0.artifact.name, sha256: $0.artifact.sha256, size: $0.artifact.size, format: $0.artifact.format)
        }
        expiresAt = RFC3339.text(claims.end)
        signedBy = message.entries.map(\.header.kid.text)
        bytes = message.encoded().count
    }

    var text: String {
        Output.pairs([
            "message": file, "kind": kind, "id": jti, "issuer": iss, "project": project, "stream": stream,
            "seq": seq.map { "\($0)" }, "version": version, "for device types": deviceTypes?.joined(separator: ", "),
            "artifact": artifact?.name, "SHA-256": artifact?.sha256, "bytes": artifact.map { "\($0.size)" },
            "installable until": expiresAt, "signed by": signedBy.joined(separator: ", "),
        ])
    }
}
