package import Encoding

/// Who says what an attribute of a device is (docs/protocols/mender.md 12.3). The words are interface.
package enum InventoryScope: String, Sendable, CaseIterable {
    /// The device reported it.
    case inventory
    /// From its identity data, and its status.
    case identity
    /// The hub knows it by itself.
    case system
    /// An operator wrote it.
    case tags
    /// Add-ons that watch devices.
    case monitor
}

/// What an attribute may be: text, a number, or several of one kind.
package enum AttributeValue: Sendable, Equatable {
    case string(String)
    /// The number's JSON text, so that no digit is lost.
    case number(String)
    case strings([String])
    case numbers([String])

    /// Takes the JSON types that are allowed (docs/protocols/mender.md 6); `nil` for an object, a truth value, null,
    /// and a mixed or nested array.
    package init?(_ value: JSONValue) {
        switch value {
        case .string(let text): self = .string(text)
        case .number(let text): self = .number(text)
        case .array(let elements):
            let strings = elements.compactMap(\.string)
            if strings.count == elements.count {
                self = .strings(strings)
                return
            }
            let numbers = elements.compactMap { if case .number(let text) = $0 { text } else { nil } }
            guard numbers.count == elements.count else { return nil }
            self = .numbers(numbers)
        case .null, .bool, .object: return nil
        }
    }

    /// The value as JSON.
    package var json: JSONValue {
        switch self {
        case .string(let text): .string(text)
        case .number(let text): .number(text)
        case .strings(let texts): .array(texts.map(JSONValue.string))
        case .numbers(let texts): .array(texts.map(JSONValue.number))
        }
    }

    /// The value's parts: itself, or its elements.
    package var elements: [AttributeValue] {
        switch self {
        case .string, .number: [self]
        case .strings(let texts): texts.map(AttributeValue.string)
        case .numbers(let texts): texts.map(AttributeValue.number)
        }
    }

    /// Whether it is one text or one number.
    package var isSingle: Bool {
        switch self {
        case .string, .number: true
        case .strings, .numbers: false
        }
    }
}

extension AttributeValue {
    /// Order of two single values of one kind: texts by their bytes, numbers by value; `nil` when they can't be
    /// compared.
    package func isLess(than other: AttributeValue) -> Bool? {
        switch (self, other) {
        case (.string(let one), .string(let two)): one.utf8.lexicographicallyPrecedes(two.utf8)
        case (.number(let one), .number(let two)): Double(one).flatMap { one in Double(two).map { one < $0 } }
        default: nil
        }
    }

    /// Equal as filters see it: numbers by value, texts byte for byte.
    package func isSame(as other: AttributeValue) -> Bool {
        switch (self, other) {
        case (.string(let one), .string(let two)): one.utf8.elementsEqual(two.utf8)
        case (.number(let one), .number(let two)): one == two || Double(one) == Double(two)
        case (.string, _), (.number, _), (_, .string), (_, .number): false
        default:
            elements.count == other.elements.count && zip(elements, other.elements).allSatisfy { $0.isSame(as: $1) }
        }
    }
}
