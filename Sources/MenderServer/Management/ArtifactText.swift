internal import Encoding
internal import Updates

/// Artifacts as the management API shows them (docs/protocols/mender.md 12.4).
enum ArtifactText {
    static func write(_ artifact: StoredArtifact, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", artifact.id)
            writeHeader(artifact, to: &writer)
            writer.member("size", artifact.size)
            writer.member("modified", RFC3339.text(artifact.modifiedAt))
            // Ours, beside the original's: what the signature is worth.
            writer.member("signature", artifact.signature.rawValue)
        }
    }

    private static func writeHeader(_ artifact: StoredArtifact, to writer: inout JSONWriter) {
        writer.member("name", artifact.name)
        writer.member("description", artifact.description)
        write(artifact.deviceTypes, as: "device_types_compatible", to: &writer)
        writer.name("info")
        writer.object { writer in
            writer.member("format", artifact.format.rawValue)
            writer.member("version", Int64(artifact.format == .mender ? 3 : 1))
        }
        writer.member("signed", artifact.signature != .unsigned)
        writer.name("updates")
        writer.array { writer in writeUpdate(artifact, to: &writer) }
        writer.name("artifact_provides")
        writer.object { writer in
            for (name, value) in artifact.provides.sorted(by: { $0.key < $1.key }) { writer.member(name, value) }
        }
        write(artifact.deviceTypes, artifact.depends, to: &writer)
        if let clears = artifact.clears { write(clears, as: "clears_artifact_provides", to: &writer) }
    }

    /// What a new artifact must not share with one that is kept.
    static func write(_ conflict: ArtifactConflict, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", conflict.id)
            writer.member("name", conflict.name)
            write(conflict.deviceTypes, conflict.depends, to: &writer)
        }
    }

    private static func write(
        _ deviceTypes: [String], _ depends: [String: [String]], to writer: inout JSONWriter
    ) {
        writer.name("artifact_depends")
        writer.object { writer in
            write(deviceTypes, as: "device_type", to: &writer)
            for (name, values) in depends.sorted(by: { $0.key < $1.key }) {
                if values.count == 1, let value = values.first {
                    writer.member(name, value)
                } else {
                    write(values, as: name, to: &writer)
                }
            }
        }
    }

    private static func writeUpdate(_ artifact: StoredArtifact, to writer: inout JSONWriter) {
        let metadata = (try? JSONValue(parsing: Array(artifact.metadata.utf8))) ?? .null
        writer.object { writer in
            writer.name("type_info")
            writer.object { writer in
                if let type = artifact.payloadType { writer.member("type", type) } else { writer.nullMember("type") }
            }
            writer.name("files")
            writer.array { writer in
                for file in artifact.files {
                    writer.object { writer in
                        writer.member("name", file.name)
                        writer.member("checksum", file.sha256)
                        writer.member("size", file.size)
                        writer.member("date", RFC3339.text(file.modifiedAt))
                    }
                }
            }
            writer.name("metadata")
            metadata.write(to: &writer)
            // mender-cli wants an array here.
            writer.name("meta_data")
            writer.array { writer in
                for member in metadata.members ?? [] {
                    writer.object { writer in
                        writer.member("Key", member.name)
                        writer.name("Value")
                        member.value.write(to: &writer)
                    }
                }
            }
        }
    }

    private static func write(_ texts: [String], as name: String, to writer: inout JSONWriter) {
        writer.name(name)
        writer.array { writer in texts.forEach { writer.string($0) } }
    }
}

extension JSONWriter {
    /// A member without a value.
    mutating func nullMember(_ name: String) {
        self.name(name)
        null()
    }
}
