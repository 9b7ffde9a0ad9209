internal import Artifact
internal import Encoding

/// What a command says of a firmware archive.
struct FirmwareReport: Encodable {
    let format = "fwup"
    let uuid: String
    let product: String
    let version: String
    let platform: String
    let architecture: String
    let author: String?
    let description: String?
    let vcsIdentifier: String?
    let misc: String?
    let created: String?
    let isDelta: Bool
    let resources: [Resource]
    let signed: Bool
    /// The key, when it was among those given.
    let signedBy: String?
    let size: Int64
    let sha256: String

    struct Resource: Encodable {
        let name: String
        /// Bytes with holes.
        let size: Int64
        /// Whether the archive holds a patch that makes it.
        let isPatch: Bool
    }

    init(_ content: FirmwareDescription, sums: FileSums) {
        uuid = content.uuid
        product = content.product
        version = content.version
        platform = content.platform
        architecture = content.architecture
        author = content.author
        description = content.description
        vcsIdentifier = content.vcsIdentifier
        misc = content.misc
        created = content.creationDate.map(RFC3339.text)
        isDelta = content.isDelta
        resources = content.resources.map { Resource(name: $0.title, size: $0.total, isPatch: $0.isPatch) }
        signed = content.isSigned
        signedBy = content.signer?.text
        size = sums.size
        sha256 = Hex.encode(sums.sha256)
    }

    var text: String {
        let head = Output.pairs([
            "format": format, "uuid": uuid, "product": product, "version": version, "platform": platform,
            "architecture": architecture, "author": author, "description": description, "vcs identifier": vcsIdentifier,
            "misc": misc, "created": created, "delta": isDelta ? "yes: fits certain firmware only" : nil,
            "signature": signature, "bytes": "\(size)", "SHA-256": sha256,
        ])
        guard !resources.isEmpty else { return head }
        let rows = resources.map { [$0.name, "\($0.size)", $0.isPatch ? "patch" : "whole"] }
        return head + "\n\n" + Output.table(["RESOURCE", "BYTES", "KIND"], rows, empty: "")
    }

    private var signature: String {
        if let signedBy { return "by the key \(signedBy)" }
        return signed ? "not checked: give the key with --verify-key" : "none"
    }
}
