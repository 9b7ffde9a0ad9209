package import Encoding

/// What a device, or an operator for it, says of its attributes: the body of `PUT` and `PATCH`
/// (docs/protocols/mender.md 6).
package struct InventoryReport: Sendable, Equatable {
    package struct Attribute: Sendable, Equatable {
        /// 1 to 1024 characters, any.
        package let name: String
        package let value: AttributeValue
        /// What it means; any text.
        package let description: String?

        package init(name: String, value: AttributeValue, description: String? = nil) {
            self.name = name
            self.value = value
            self.description = description
        }
    }

    /// In the order of the message; a name may occur twice, then the last one is taken.
    package let attributes: [Attribute]

    /// Limits of the body: 1 MiB.
    package static let limits = JSONLimits(bytes: 1 << 20, depth: 16, values: 131_072)

    /// Most characters of a name.
    package static let nameLimit = 1024

    /// A report of these.
    package init(_ attributes: [Attribute]) {
        self.attributes = attributes
    }

    package init(parsing bytes: [UInt8]) throws(InventoryReportError) {
        let document: JSONValue
        do {
            document = try JSONValue(parsing: bytes, limits: Self.limits)
        } catch {
            throw .notJSON(error)
        }
        guard let elements = document.array else { throw .notAnArray }
        var attributes: [Attribute] = []
        attributes.reserveCapacity(elements.count)
        for element in elements { attributes.append(try Self.attribute(element)) }
        self.attributes = attributes
    }

    private static func attribute(_ element: JSONValue) throws(InventoryReportError) -> Attribute {
        guard element.members != nil else { throw .notAnArray }
        guard let name = element["name"]?.string, !name.isEmpty, name.unicodeScalars.count <= nameLimit else {
            throw .badName
        }
        guard let value = element["value"].flatMap(AttributeValue.init) else { throw .badValue }
        switch element["description"] {
        case nil, .null: return Attribute(name: name, value: value)
        case .string(let text): return Attribute(name: name, value: value, description: text)
        default: throw .badDescription
        }
    }

    /// The body in a form that depends on its content alone: names in order, each once.
    package func canonical() -> [UInt8] { InventoryReport(latest()).encoded() }

    /// The body as bytes, in the order of ``attributes``.
    package func encoded() -> [UInt8] {
        var writer = JSONWriter(capacity: 64 * attributes.count + 2)
        writer.array { writer in
            for attribute in attributes {
                writer.object { writer in
                    writer.member("name", attribute.name)
                    writer.name("value")
                    attribute.value.json.write(to: &writer)
                    if let description = attribute.description { writer.member("description", description) }
                }
            }
        }
        return writer.bytes
    }

    /// The attributes by name, each once: of a name that occurs twice, the last.
    package func latest() -> [Attribute] {
        var byName: [[UInt8]: Attribute] = [:]
        byName.reserveCapacity(attributes.count)
        for attribute in attributes { byName[Array(attribute.name.utf8)] = attribute }
        return byName.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.value)
    }
}

/// Why a report of attributes is refused.
package enum InventoryReportError: Error, Equatable, Sendable {
    /// Not JSON, or beyond the limits.
    case notJSON(MessageError)
    /// Not an array of objects.
    case notAnArray
    /// A name is missing, empty or too long.
    case badName
    /// A value is of a type that is not allowed.
    case badValue
    /// A description is not text.
    case badDescription
}

extension InventoryReportError: CustomStringConvertible {
    /// One line for a 400 answer.
    package var description: String {
        switch self {
        case .notJSON(let error): "failed to decode request body: \(error)"
        case .notAnArray: "failed to decode request body: not an array of attributes"
        case .badName: "name: cannot be blank and has at most \(InventoryReport.nameLimit) characters"
        case .badValue: "value: supported types are string, float64, and arrays thereof"
        case .badDescription: "description: must be a string"
        }
    }
}
