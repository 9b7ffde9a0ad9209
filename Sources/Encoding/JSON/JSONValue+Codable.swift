/// So that a tree can be a member of a `Codable` value. Names come out in their order; numbers keep their value, not
/// their spelling.
extension JSONValue: Codable {
    /// Reads any value. An object's names are sorted, because decoders give them in no order.
    package init(from decoder: any Decoder) throws {
        if let object = try? decoder.container(keyedBy: Name.self) {
            let names = object.allKeys.sorted { $0.stringValue.utf8.lexicographicallyPrecedes($1.stringValue.utf8) }
            self = .object(
                try names.map { Member($0.stringValue, try object.decode(JSONValue.self, forKey: $0)) })
            return
        }
        if var array = try? decoder.unkeyedContainer() {
            var elements: [JSONValue] = []
            while !array.isAtEnd { elements.append(try array.decode(JSONValue.self)) }
            self = .array(elements)
            return
        }
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let truth = try? value.decode(Bool.self) {
            self = .bool(truth)
        } else if let number = try? value.decode(Int64.self) {
            self = .number(String(number))
        } else if let number = try? value.decode(Double.self), number.isFinite {
            self = .number(String(number))
        } else {
            self = .string(try value.decode(String.self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        switch self {
        case .object(let members):
            var object = encoder.container(keyedBy: Name.self)
            for member in members { try object.encode(member.value, forKey: Name(stringValue: member.name)) }
        case .array(let elements):
            var array = encoder.unkeyedContainer()
            for element in elements { try array.encode(element) }
        case .null:
            var value = encoder.singleValueContainer()
            try value.encodeNil()
        case .bool(let truth):
            var value = encoder.singleValueContainer()
            try value.encode(truth)
        case .string(let text):
            var value = encoder.singleValueContainer()
            try value.encode(text)
        case .number(let text): try Self.encode(number: text, to: encoder)
        }
    }

    private static func encode(number text: String, to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        if let number = Int64(text) {
            try value.encode(number)
        } else if let number = Double(text), number.isFinite {
            try value.encode(number)
        } else {
            try value.encode(text)  // beyond what a Double holds: better as text than as another number
        }
    }

    private struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}
