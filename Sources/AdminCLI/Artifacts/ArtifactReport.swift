internal import Artifact
internal import Encoding
internal import PKI

/// What a command says of an artifact.
struct ArtifactReport: Encodable {
    let name: String
    let group: String?
    let formatVersion: Int
    let deviceTypes: [String]
    let type: String?
    let compression: ArtifactCompression
    let provides: [String: String]
    let depends: [String: ArtifactDependency]
    /// `nil`: everything.
    let clears: [String]?
    let files: [File]
    let metaData: JSONValue?
    let scripts: [String]
    let signed: Bool
    /// Fingerprint of the key, when it was among those given.
    let signedBy: String?
    let size: Int64
    let sha256: String

    struct File: Encodable {
        let name: String
        let size: Int64
        let sha256: String
        let modified: String
    }

    /// - Parameter keys: those that may have signed.
    init(_ artifact: ArtifactDescription, keys: [PublicKey]) {
        name = artifact.name
        group = artifact.group
        formatVersion = artifact.formatVersion
        deviceTypes = artifact.requires.deviceTypes
        type = artifact.payload.type
        compression = artifact.payload.compression
        provides = artifact.provides
        depends = artifact.depends
        clears = artifact.payload.clears
        files = artifact.payload.files.map {
            File(name: $0.name, size: $0.size, sha256: $0.sha256, modified: RFC3339.text($0.modified))
        }
        metaData = artifact.payload.metaData
        scripts = artifact.scripts
        signed = artifact.signature != nil
        signedBy = artifact.signature?.key(among: keys)?.fingerprint
        size = artifact.size
        sha256 = artifact.sha256
    }

    var text: String {
        let head = Output.pairs([
            "name": name, "group": group, "for device types": deviceTypes.joined(separator: ", "),
            "type": type ?? "none: installs nothing", "compression": compression.rawValue,
            "provides": Self.list(provides) { $0 }, "depends on": Self.list(otherDepends, Self.text),
            "clears": clears.map { $0.isEmpty ? "nothing" : $0.joined(separator: ", ") } ?? "everything",
            "meta-data": metaData.map { String(decoding: $0.encoded(), as: UTF8.self) },
            "state scripts": scripts.joined(separator: ", "), "signature": signature, "bytes": "\(size)",
            "SHA-256": sha256,
        ])
        guard !files.isEmpty else { return head }
        let rows = files.map { [$0.name, "\($0.size)", $0.modified, $0.sha256] }
        return head + "\n\n" + Output.table(["FILE", "BYTES", "MODIFIED", "SHA-256"], rows, empty: "")
    }

    private var signature: String {
        if let signedBy { return "by the key \(signedBy)" }
        return signed ? "not checked: give the key with --verify-key" : "none"
    }

    private var otherDepends: [String: ArtifactDependency] {
        depends.filter { $0.key != "device_type" }
    }

    private static func list<Value>(_ map: [String: Value], _ text: (Value) -> String) -> String {
        map.sorted { $0.key < $1.key }.map { "\($0.key)=\(text($0.value))" }.joined(separator: ", ")
    }

    private static func text(_ dependency: ArtifactDependency) -> String {
        switch dependency {
        case .value(let value): value
        case .anyOf(let values): values.joined(separator: "|")
        }
    }
}
