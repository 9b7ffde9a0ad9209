internal import Encoding

/// A JSON document of the header, and what its readers share.
struct HeaderDocument {
    let value: JSONValue
    private let name: String

    init(
        _ name: String, _ bytes: [UInt8], _ limits: JSONLimits, _ members: Set<String>
    ) throws(ArtifactError) {
        self.name = name
        do {
            value = try JSONValue(parsing: bytes, limits: limits)
        } catch {
            throw .badDocument(name, error)
        }
        try checkMembers(value, "the document", members)
    }

    func fault(_ member: String) -> ArtifactError { .badValue(name, ArtifactError.shown(member)) }

    /// Refuses anything but an object with members of these names.
    func checkMembers(_ value: JSONValue?, _ title: String, _ names: Set<String>) throws(ArtifactError) {
        guard let members = value?.members else { throw fault(title) }
        for member in members where !names.contains(member.name) { throw fault(member.name) }
    }

    /// The name of an update module, or null.
    func payloadType(_ value: JSONValue?) throws(ArtifactError) -> String? {
        if value == .null { return nil }
        guard let type = value?.string, ArtifactRules.isPayloadType(type) else { throw fault("type") }
        return type
    }

    func optionalName(_ object: JSONValue?, _ member: String) throws(ArtifactError) -> String? {
        guard let value = object?[member] else { return nil }
        guard let name = value.string, ArtifactRules.isName(name) else { throw fault(member) }
        return name
    }

    func optionalNames(_ object: JSONValue?, _ member: String) throws(ArtifactError) -> [String]? {
        guard let value = object?[member] else { return nil }
        guard let elements = value.array else { throw fault(member) }
        var names: [String] = []
        for element in elements {
            guard let name = element.string, ArtifactRules.isName(name) else { throw fault(member) }
            names.append(name)
        }
        return names
    }

    /// An object whose members are read one by one; `nil` when it is not there.
    func optionalMap<Value>(
        _ member: String, _ read: (JSONValue) -> Value?
    ) throws(ArtifactError) -> [String: Value]? {
        guard let value = value[member] else { return nil }
        guard let members = value.members else { throw fault(member) }
        var map: [String: Value] = [:]
        for one in members {
            guard ArtifactRules.isName(one.name), let value = read(one.value) else { throw fault(member) }
            map[one.name] = value
        }
        return map
    }

    // MARK: - Writing

    static func write(_ text: String?, to writer: inout JSONWriter) {
        if let text { writer.string(text) } else { writer.null() }
    }

    static func write(_ name: String, _ texts: [String]?, to writer: inout JSONWriter) {
        guard let texts else { return }
        writer.name(name)
        write(texts, to: &writer)
    }

    static func write(_ texts: [String], to writer: inout JSONWriter) {
        writer.array { writer in texts.forEach { writer.string($0) } }
    }

    /// An object with its names sorted, so that equal content gives equal bytes; nothing when there is none.
    static func write<Value>(
        _ name: String, _ map: [String: Value]?, to writer: inout JSONWriter,
        _ value: (Value, inout JSONWriter) -> Void
    ) {
        guard let map else { return }
        writer.name(name)
        writer.object { writer in
            for (key, one) in map.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
                writer.name(key)
                value(one, &writer)
            }
        }
    }
}
