internal import Encoding

/// The document `type-info`: what the payload needs and provides.
struct TypeInfo {
    static let name = "headers/0000/type-info"
    private static let limits = JSONLimits(bytes: 1 << 20, depth: 8, values: 16_384)

    var type: String?
    var depends: [String: ArtifactDependency]?
    var provides: [String: String]?
    var clears: [String]?

    /// Reads the document.
    ///
    /// - Parameter expected: the type of `header-info`, which counts: a widespread writer leaves this one empty.
    init(reading bytes: [UInt8], type expected: String?) throws(ArtifactError) {
        let document = try HeaderDocument(
            Self.name, bytes, Self.limits,
            ["type", "artifact_depends", "artifact_provides", "clears_artifact_provides"])
        let isEmpty = document.value["type"]?.string == ""
        guard isEmpty || document.value["type"] == expected.map(JSONValue.string) ?? .null else {
            throw document.fault("type")
        }
        type = expected
        depends = try document.optionalMap("artifact_depends", Self.dependency)
        provides = try document.optionalMap("artifact_provides") { value in
            value.string.flatMap { $0.utf8.count <= ArtifactRules.nameLength ? $0 : nil }
        }
        clears = try document.optionalNames(document.value, "clears_artifact_provides")
    }

    private static func dependency(_ value: JSONValue) -> ArtifactDependency? {
        if let text = value.string { return text.utf8.count <= ArtifactRules.nameLength ? .value(text) : nil }
        guard let elements = value.array else { return nil }
        let texts = elements.compactMap(\.string).filter { $0.utf8.count <= ArtifactRules.nameLength }
        return texts.count == elements.count ? .anyOf(texts) : nil
    }

    init(
        type: String?, depends: [String: ArtifactDependency]?, provides: [String: String]?, clears: [String]?
    ) {
        self.type = type
        self.depends = depends
        self.provides = provides
        self.clears = clears
    }

    /// The document, members in the order of the format, those that say nothing left out.
    func encoded() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.name("type")
            HeaderDocument.write(type, to: &writer)
            HeaderDocument.write("artifact_depends", depends, to: &writer) { value, writer in
                switch value {
                case .value(let text): writer.string(text)
                case .anyOf(let texts): HeaderDocument.write(texts, to: &writer)
                }
            }
            HeaderDocument.write("artifact_provides", provides, to: &writer) { $1.string($0) }
            HeaderDocument.write("clears_artifact_provides", clears, to: &writer)
        }
        return writer.bytes
    }
}
