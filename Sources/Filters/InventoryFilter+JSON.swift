package import Encoding
internal import Wire

/// The form of searches: `[{"scope":"inventory","attribute":"os","type":"$eq","value":"debian"}]`
/// (docs/protocols/mender.md 12.3).
extension InventoryFilter {
    /// Reads an array of terms.
    package init(_ document: JSONValue) throws(InventoryFilterError) {
        guard let elements = document.array else { throw .notATerm }
        guard elements.count <= Self.termLimit else { throw .tooManyTerms }
        var terms: [Term] = []
        for element in elements { terms.append(try Term(element)) }
        try self.init(terms)
    }

    /// Reads the text of an array of terms, as the hub keeps it.
    package init(stored text: String) throws(InventoryFilterError) {
        let limits = JSONLimits(bytes: 64 << 20, depth: 8, values: 1 << 20)
        guard let document = try? JSONValue(parsing: Array(text.utf8), limits: limits) else { throw .notATerm }
        try self.init(document)
    }

    /// The filter as an array of terms.
    package var json: JSONValue { .array(terms.map(\.json)) }
}

extension InventoryFilter.Term {
    init(_ document: JSONValue) throws(InventoryFilterError) {
        guard document.members != nil, let type = document["type"]?.string, let name = document["attribute"]?.string
        else { throw .notATerm }
        guard let scope = InventoryScope(rawValue: document["scope"]?.string ?? "") else { throw .unknownScope }
        self.init(
            AttributeKey(scope, name), try InventoryFilter.Condition(type: type, value: document["value"] ?? .null))
    }

    var json: JSONValue {
        .object([
            .init("scope", .string(key.scope.rawValue)), .init("attribute", .string(key.name)),
            .init("type", .string(condition.type)), .init("value", condition.value),
        ])
    }
}

extension InventoryFilter.Condition {
    init(type: String, value: JSONValue) throws(InventoryFilterError) {
        switch type {
        case "$eq", "$ne":
            guard let value = AttributeValue(value) else { throw .badValue(type: type) }
            self = type == "$eq" ? .equals(value) : .differs(value)
        case "$in", "$nin":
            guard let elements = value.array else { throw .badValue(type: type) }
            let values = elements.compactMap(AttributeValue.init)
            guard values.count == elements.count else { throw .badValue(type: type) }
            self = type == "$in" ? .isOneOf(values) : .isNoneOf(values)
        case "$exists":
            guard let isThere = value.bool else { throw .badValue(type: type) }
            self = .exists(isThere)
        case "$regex":
            guard let source = value.string else { throw .badValue(type: type) }
            self = .matches(try Self.pattern(source))
        default:
            guard let comparison = InventoryFilter.Comparison(rawValue: type) else { throw .unknownType }
            guard let value = AttributeValue(value) else { throw .badValue(type: type) }
            self = .compares(comparison, value)
        }
    }

    static func pattern(_ source: String) throws(InventoryFilterError) -> FilterPattern {
        do {
            return try FilterPattern(source)
        } catch {
            throw .badPattern(error)
        }
    }

    fileprivate var type: String {
        switch self {
        case .equals: "$eq"
        case .differs: "$ne"
        case .isOneOf: "$in"
        case .isNoneOf: "$nin"
        case .compares(let comparison, _): comparison.rawValue
        case .exists: "$exists"
        case .matches: "$regex"
        }
    }

    fileprivate var value: JSONValue {
        switch self {
        case .equals(let value), .differs(let value), .compares(_, let value): value.json
        case .isOneOf(let values), .isNoneOf(let values): .array(values.map(\.json))
        case .exists(let isThere): .bool(isThere)
        case .matches(let pattern): .string(pattern.source)
        }
    }
}
