internal import Encoding
internal import Wire

/// The form of the command line: `inventory.os=debian`, `inventory.mem>=512`, `tags.site~^north`, `system.group`,
/// `!tags.retired`.
extension InventoryFilter.Term {
    /// Reads one term.
    ///
    /// A value that looks like a number stands for the number and for the text, since devices report either.
    package init(text: String) throws(InventoryFilterError) {
        let isAbsent = text.hasPrefix("!")
        let text = isAbsent ? String(text.dropFirst()) : text
        guard let dot = text.firstIndex(of: "."), let scope = InventoryScope(rawValue: String(text[..<dot])) else {
            throw .unknownScope
        }
        let rest = text[text.index(after: dot)...]
        guard let place = rest.firstIndex(where: { "=!<>~".contains($0) }) else {
            self.init(AttributeKey(scope, String(rest)), .exists(!isAbsent))
            return
        }
        guard !isAbsent else { throw .badValue(type: "!") }
        let words = ["!=", ">=", "<=", "=", ">", "<", "~"]
        guard let word = words.first(where: { rest[place...].hasPrefix($0) }) else { throw .unknownType }
        self.init(
            AttributeKey(scope, String(rest[..<place])),
            try Self.condition(word, String(rest[place...].dropFirst(word.count))))
    }

    /// The term in the form of the command line; as JSON when that form has no word for it, or when its words would be
    /// read as another term: an attribute's name or a value may hold what separates them.
    package var text: String {
        guard let words, let read = try? Self(text: words), read.isSame(as: self) else { return document }
        return words
    }

    private var words: String? {
        let name = "\(key.scope.rawValue).\(key.name)"
        switch condition {
        case .equals(let value): return Self.text(value).map { name + "=" + $0 }
        case .differs(let value): return Self.text(value).map { name + "!=" + $0 }
        case .isOneOf(let values): return Self.either(values).map { name + "=" + $0 }
        case .isNoneOf(let values): return Self.either(values).map { name + "!=" + $0 }
        case .compares(let comparison, .string(let value)) where InventoryFilter.Condition.number(value) == nil:
            return name + comparison.word + value
        case .compares(let comparison, .number(let value)): return name + comparison.word + value
        case .compares: return nil
        case .exists(let isThere): return (isThere ? "" : "!") + name
        case .matches(let pattern): return name + "~" + pattern.source
        }
    }

    /// The same byte for byte.
    private func isSame(as other: Self) -> Bool { json.encoded() == other.json.encoded() }

    private var document: String {
        String(decoding: json.encoded(), as: UTF8.self)
    }

    /// A text that does not look like a number.
    private static func text(_ value: AttributeValue) -> String? {
        guard case .string(let text) = value, InventoryFilter.Condition.number(text) == nil else { return nil }
        return text
    }

    /// A number that is given as text and as number.
    private static func either(_ values: [AttributeValue]) -> String? {
        guard values.count == 2, case .string(let text) = values[0], values[1] == .number(text) else { return nil }
        return text
    }

    private static func condition(
        _ word: String, _ value: String
    ) throws(InventoryFilterError) -> InventoryFilter.Condition {
        switch word {
        case "=": .anyOf(value)
        case "!=": .noneOf(value)
        case "~": .matches(try InventoryFilter.Condition.pattern(value))
        case ">": .compares(.greater, single(value))
        case ">=": .compares(.atLeast, single(value))
        case "<": .compares(.less, single(value))
        default: .compares(.atMost, single(value))
        }
    }

    private static func single(_ value: String) -> AttributeValue {
        InventoryFilter.Condition.number(value) ?? .string(value)
    }
}

extension InventoryFilter.Condition {
    /// Holds for a text and, when it looks like one, for the number: for values that come without a type.
    package static func anyOf(_ text: String) -> Self {
        number(text).map { .isOneOf([.string(text), $0]) } ?? .equals(.string(text))
    }

    /// The opposite of ``anyOf(_:)``.
    package static func noneOf(_ text: String) -> Self {
        number(text).map { .isNoneOf([.string(text), $0]) } ?? .differs(.string(text))
    }

    /// A text that is a JSON number; one beyond a double is a text like any other.
    static func number(_ text: String) -> AttributeValue? {
        guard var scanner = try? JSONScanner(Array(text.utf8)), (try? scanner.peek()) == .number,
            let number = try? scanner.readNumber(), number == text
        else { return nil }
        return .number(number)
    }
}

extension InventoryFilter.Comparison {
    fileprivate var word: String {
        switch self {
        case .greater: ">"
        case .atLeast: ">="
        case .less: "<"
        case .atMost: "<="
        }
    }
}
