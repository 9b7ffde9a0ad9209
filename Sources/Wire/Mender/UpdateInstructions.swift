package import Encoding

/// What a device is told to install: the answer to ``UpdateRequest`` (docs/protocols/mender.md 7.1).
package struct UpdateInstructions: Sendable, Equatable {
    /// Where the artifact is.
    package struct Source: Sendable, Equatable {
        /// URL that needs no token.
        package var uri: String
        /// When the URL ends, Unix seconds; `nil` when that is not readable.
        package var expiresAt: Int64?

        package init(uri: String, expiresAt: Int64?) {
            self.uri = uri
            self.expiresAt = expiresAt
        }
    }

    package enum Kind: String, Sendable, CaseIterable {
        case software, configuration
    }

    /// Number of the deployment.
    package var id: String
    /// Number of the artifact.
    package var artifactID: String
    package var artifactName: String
    package var deviceTypes: [String]
    package var source: Source
    package var kind: Kind
    /// Hold points, for a device that understands them.
    package var controlMap: UpdateControlMap?

    /// Limits of the body: 1 MiB.
    package static let limits = JSONLimits(bytes: 1 << 20, depth: 16, values: 65_536)

    package init(
        id: String, artifactID: String, artifactName: String, deviceTypes: [String], source: Source,
        kind: Kind = .software, controlMap: UpdateControlMap? = nil
    ) {
        self.id = id
        self.artifactID = artifactID
        self.artifactName = artifactName
        self.deviceTypes = deviceTypes
        self.source = source
        self.kind = kind
        self.controlMap = controlMap
    }

    /// Reads an answer; unknown members are skipped, and a kind that is missing is software.
    ///
    /// - Throws: `missingMember`, `wrongType` and `invalidMember` name the member.
    package init(parsing bytes: [UInt8]) throws(MessageError) {
        let body = try JSONValue(parsing: bytes, limits: Self.limits)
        guard body.members != nil else { throw .notAnObject }
        let artifact = body["artifact"] ?? .null
        let source = artifact["source"] ?? .null
        id = try Self.text(body, "id")
        artifactID = artifact["id"]?.string ?? ""
        artifactName = try Self.text(artifact, "artifact_name")
        guard let types = artifact["device_types_compatible"]?.array else {
            throw .missingMember("device_types_compatible")
        }
        deviceTypes = types.compactMap(\.string)
        guard deviceTypes.count == types.count else { throw .wrongType("device_types_compatible") }
        self.source = Source(
            uri: try Self.text(source, "uri"),
            expiresAt: source["expire"]?.string.flatMap { RFC3339.seconds(Array($0.utf8)[...]) })
        switch body["type"] {
        case nil, .null: kind = .software
        case let word?:
            guard let kind = word.string.flatMap(Kind.init) else { throw .invalidMember("type") }
            self.kind = kind
        }
        if let map = body["update_control_map"], map != .null { controlMap = try UpdateControlMap(map) }
    }

    private static func text(_ value: JSONValue, _ name: String) throws(MessageError) -> String {
        guard let text = value[name]?.string, !text.isEmpty else { throw .missingMember(name) }
        return text
    }

    /// The answer as bytes.
    package func encoded() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("id", id)
            writer.name("artifact")
            writeArtifact(to: &writer)
            writer.member("type", kind.rawValue)
            if let controlMap {
                writer.name("update_control_map")
                controlMap.write(to: &writer)
            }
        }
        return writer.bytes
    }

    private func writeArtifact(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", artifactID)
            writer.member("artifact_name", artifactName)
            writer.name("device_types_compatible")
            writer.array { writer in deviceTypes.forEach { writer.string($0) } }
            writer.name("source")
            writer.object { writer in
                writer.member("uri", source.uri)
                if let time = source.expiresAt { writer.member("expire", RFC3339.text(time)) }
            }
        }
    }
}
