internal import Encoding

/// The document `header-info`: what the artifact is called and who may install it.
struct HeaderInfo {
    static let name = "header-info"
    private static let limits = JSONLimits(bytes: 1 << 20, depth: 8, values: 4096)

    var type: String?
    var artifactName: String
    var group: String?
    var requires: ArtifactRequirements

    /// Reads the document. Members that are not in the format are refused, as other readers do.
    init(reading bytes: [UInt8]) throws(ArtifactError) {
        let document = try HeaderDocument(
            Self.name, bytes, Self.limits, ["payloads", "artifact_provides", "artifact_depends"])
        guard let payloads = document.value["payloads"]?.array, let payload = payloads.first else {
            throw document.fault("payloads")
        }
        guard payloads.count == 1 else { throw .severalPayloads }
        try document.checkMembers(payload, "payloads", ["type"])
        type = try document.payloadType(payload["type"])
        let provides = document.value["artifact_provides"]
        try document.checkMembers(provides, "artifact_provides", ["artifact_name", "artifact_group"])
        guard let name = try document.optionalName(provides, "artifact_name") else {
            throw document.fault("artifact_name")
        }
        artifactName = name
        group = try document.optionalName(provides, "artifact_group")
        let depends = document.value["artifact_depends"]
        try document.checkMembers(depends, "artifact_depends", ["artifact_name", "device_type", "artifact_group"])
        guard let types = try document.optionalNames(depends, "device_type"), !types.isEmpty else {
            throw document.fault("device_type")
        }
        guard types.count <= ArtifactRules.deviceTypes else {
            throw .tooMany("device types", limit: ArtifactRules.deviceTypes)
        }
        requires = ArtifactRequirements(
            deviceTypes: types, artifactNames: try document.optionalNames(depends, "artifact_name"),
            artifactGroups: try document.optionalNames(depends, "artifact_group"))
    }

    init(_ recipe: ArtifactRecipe) {
        type = recipe.type
        artifactName = recipe.name
        group = recipe.group
        requires = recipe.requires
    }

    /// The document, members in the order of the format.
    func encoded() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.name("payloads")
            writer.array { writer in
                writer.object { writer in
                    writer.name("type")
                    HeaderDocument.write(type, to: &writer)
                }
            }
            writer.name("artifact_provides")
            writer.object { writer in
                writer.member("artifact_name", artifactName)
                if let group { writer.member("artifact_group", group) }
            }
            writer.name("artifact_depends")
            writer.object { writer in
                HeaderDocument.write("artifact_name", requires.artifactNames, to: &writer)
                HeaderDocument.write("device_type", requires.deviceTypes, to: &writer)
                HeaderDocument.write("artifact_group", requires.artifactGroups, to: &writer)
            }
        }
        return writer.bytes
    }
}
