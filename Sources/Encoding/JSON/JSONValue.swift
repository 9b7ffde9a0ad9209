/// A JSON document as a tree, for messages that are not worth a reader of their own.
package indirect enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    /// The text of the number, unchanged.
    case number(String)
    case string(String)
    case array([JSONValue])
    /// Members in the order of the document; names are unique.
    case object([Member])

    /// One member of an object.
    package struct Member: Sendable, Equatable {
        /// Its name, escapes decoded.
        package let name: String
        package let value: JSONValue

        package init(_ name: String, _ value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// What a name means that occurs twice in one object.
    package enum Repetition: Sendable {
        /// The document is refused: another reader might see the other value.
        case refused
        /// The last one counts, as in most readers.
        case lastCounts
    }

    /// Reads a whole document.
    package init(
        parsing bytes: [UInt8], limits: JSONLimits = .message, repetition: Repetition = .refused
    ) throws(MessageError) {
        var scanner = try JSONScanner(bytes, limits: limits)
        self = try JSONValue(&scanner, repetition)
        try scanner.finish()
    }

    init(_ scanner: inout JSONScanner, _ repetition: Repetition = .refused) throws(MessageError) {
        switch try scanner.peek() {
        case .null:
            try scanner.readNull()
            self = .null
        case .bool: self = .bool(try scanner.readBool())
        case .number: self = .number(try scanner.readNumber())
        case .string: self = .string(try scanner.readString())
        case .array:
            var elements: [JSONValue] = []
            try scanner.readArray { scanner throws(MessageError) in
                elements.append(try JSONValue(&scanner, repetition))
            }
            self = .array(elements)
        case .object: self = .object(try JSONValue.members(&scanner, repetition))
        }
    }

    private static func members(
        _ scanner: inout JSONScanner, _ repetition: Repetition
    ) throws(MessageError) -> [Member] {
        var members: [Member] = []
        var places: [[UInt8]: Int] = [:]
        try scanner.readObject { name, scanner throws(MessageError) in
            let key = Array(name.utf8)
            guard let place = places[key] else {
                places[key] = members.count
                return members.append(Member(name, try JSONValue(&scanner, repetition)))
            }
            guard case .lastCounts = repetition else { throw .duplicateMember("of an object") }
            members[place] = Member(name, try JSONValue(&scanner, repetition))
        }
        return members
    }

    /// The value of a member; nil when this is not an object or has no such member.
    package subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
    }

    /// The text when this is a string.
    package var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The value when this is a number that is a whole one within 64 bits.
    package var integer: Int64? {
        if case .number(let text) = self { Int64(text) } else { nil }
    }

    /// The value when this is `true` or `false`.
    package var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The elements when this is an array.
    package var array: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// The members when this is an object.
    package var members: [Member]? {
        if case .object(let members) = self { members } else { nil }
    }

    /// The document as canonical text.
    package func encoded() -> [UInt8] {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.bytes
    }

    /// Writes this value as the next one of `writer`.
    package func write(to writer: inout JSONWriter) {
        switch self {
        case .null: writer.null()
        case .bool(let value): writer.bool(value)
        case .number(let text): writer.number(text)
        case .string(let text): writer.string(text)
        case .array(let elements): writer.array { writer in elements.forEach { $0.write(to: &writer) } }
        case .object(let members):
            writer.object { writer in
                for member in members {
                    writer.name(member.name)
                    member.value.write(to: &writer)
                }
            }
        }
    }
}
