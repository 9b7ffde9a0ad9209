package import Wire

/// Name of an attribute within one device.
package struct AttributeKey: Sendable, Hashable {
    package let scope: InventoryScope
    package let name: String

    package init(_ scope: InventoryScope, _ name: String) {
        self.scope = scope
        self.name = name
    }
}

/// Which devices are meant: those for which every term holds (docs/protocols/mender.md 12.3). Without terms, all.
package struct InventoryFilter: Sendable, Equatable {
    /// One condition on one attribute.
    package struct Term: Sendable, Equatable {
        package let key: AttributeKey
        package let condition: Condition

        package init(_ key: AttributeKey, _ condition: Condition) {
            self.key = key
            self.condition = condition
        }
    }

    /// What must hold for an attribute. Of several values, one that fits is enough, for the opposites one that fits is
    /// too many.
    package enum Condition: Sendable, Equatable {
        case equals(AttributeValue)
        /// Also holds when the attribute is absent.
        case differs(AttributeValue)
        case isOneOf([AttributeValue])
        /// Also holds when the attribute is absent.
        case isNoneOf([AttributeValue])
        case compares(Comparison, AttributeValue)
        case exists(Bool)
        case matches(FilterPattern)
    }

    /// An order; the words are interface.
    package enum Comparison: String, Sendable, CaseIterable {
        case greater = "$gt"
        case atLeast = "$gte"
        case less = "$lt"
        case atMost = "$lte"
    }

    package let terms: [Term]

    /// Most terms of one filter.
    package static let termLimit = 20
    /// Most values of one list.
    package static let listLimit = 1000
    /// Most characters of an attribute's name or of a value.
    package static let textLimit = 1024

    package static let all = InventoryFilter(unchecked: [])

    /// A filter of these.
    package init(_ terms: [Term]) throws(InventoryFilterError) {
        guard terms.count <= Self.termLimit else { throw .tooManyTerms }
        for term in terms { try term.check() }
        self.terms = terms
    }

    private init(unchecked terms: [Term]) {
        self.terms = terms
    }

    /// Whether one of its terms is a regular expression.
    package var hasPatterns: Bool {
        terms.contains { term in if case .matches = term.condition { true } else { false } }
    }

    /// Whether a device is meant.
    ///
    /// - Parameters:
    ///   - budget: what its patterns may still cost.
    ///   - value: gives the device's attribute of a name; `nil` when it has none.
    /// - Throws: ``PatternBudgetSpent``, and what `value` throws.
    package func matches(
        within budget: inout PatternBudget, _ value: (AttributeKey) throws -> AttributeValue?
    ) throws -> Bool {
        for term in terms {
            let value = try value(term.key)
            guard try term.condition.holds(for: value, within: &budget) else { return false }
        }
        return true
    }
}

extension InventoryFilter.Condition {
    /// Whether it holds for a value; `nil` is an absent attribute.
    package func holds(
        for value: AttributeValue?, within budget: inout PatternBudget
    ) throws(PatternBudgetSpent) -> Bool {
        switch self {
        case .equals(let wanted): Self.isAny(value, of: [wanted])
        case .differs(let wanted): !Self.isAny(value, of: [wanted])
        case .isOneOf(let wanted): Self.isAny(value, of: wanted)
        case .isNoneOf(let wanted): !Self.isAny(value, of: wanted)
        case .compares(let comparison, let bound):
            value?.elements.contains { comparison.holds($0, bound) } ?? false
        case .exists(let wanted): (value != nil) == wanted
        case .matches(let pattern): try Self.isFound(pattern, in: value, within: &budget)
        }
    }

    private static func isFound(
        _ pattern: FilterPattern, in value: AttributeValue?, within budget: inout PatternBudget
    ) throws(PatternBudgetSpent) -> Bool {
        for case .string(let text) in value?.elements ?? [] {
            try budget.spend(pattern, on: text)
            if pattern.isFound(in: text) { return true }
        }
        return false
    }

    private static func isAny(_ value: AttributeValue?, of wanted: [AttributeValue]) -> Bool {
        guard let value else { return false }
        return wanted.contains { wanted in
            value.isSame(as: wanted) || value.elements.contains { $0.isSame(as: wanted) }
        }
    }
}

extension InventoryFilter.Comparison {
    func holds(_ value: AttributeValue, _ bound: AttributeValue) -> Bool {
        switch self {
        case .greater: bound.isLess(than: value) ?? false
        case .less: value.isLess(than: bound) ?? false
        case .atLeast: value.isLess(than: bound).map(!) ?? false
        case .atMost: bound.isLess(than: value).map(!) ?? false
        }
    }
}

extension InventoryFilter.Term {
    fileprivate func check() throws(InventoryFilterError) {
        guard (1...InventoryFilter.textLimit).contains(key.name.unicodeScalars.count) else { throw .badName }
        switch condition {
        case .equals(let value), .differs(let value): try Self.check([value])
        case .compares(_, let value):
            guard value.isSingle else { throw .badValue(type: "$gt, $gte, $lt and $lte") }
            try Self.check([value])
        case .isOneOf(let values), .isNoneOf(let values):
            guard values.count <= InventoryFilter.listLimit, values.allSatisfy(\.isSingle) else {
                throw .badValue(type: "$in and $nin")
            }
            try Self.check(values)
        case .exists, .matches: break
        }
    }

    private static func check(_ values: [AttributeValue]) throws(InventoryFilterError) {
        for element in values.lazy.flatMap(\.elements) {
            if case .string(let text) = element, text.unicodeScalars.count > InventoryFilter.textLimit {
                throw .tooLong
            }
        }
    }
}

/// Why a filter can't be used.
package enum InventoryFilterError: Error, Equatable, Sendable {
    /// Not an array of terms.
    case notATerm
    /// More than ``InventoryFilter/termLimit`` terms.
    case tooManyTerms
    /// No scope of that name.
    case unknownScope
    /// An attribute's name is empty or too long.
    case badName
    /// No type of condition of that name.
    case unknownType
    /// A value does not go with its type of condition.
    case badValue(type: String)
    /// A value is too long.
    case tooLong
    /// A pattern can't be used.
    case badPattern(FilterPatternError)
}

extension InventoryFilterError: CustomStringConvertible {
    /// One line for a 400 answer.
    package var description: String {
        switch self {
        case .notATerm: "a filter is an array of objects with scope, attribute, type and value"
        case .tooManyTerms: "a filter has at most \(InventoryFilter.termLimit) terms"
        case .unknownScope: "scope must be inventory, identity, system, tags or monitor"
        case .badName: "attribute must have 1 to \(InventoryFilter.textLimit) characters"
        case .unknownType: "type must be $eq, $ne, $in, $nin, $gt, $gte, $lt, $lte, $exists or $regex"
        case .badValue(let type): "the value does not go with \(type)"
        case .tooLong: "a value of a filter has at most \(InventoryFilter.textLimit) characters"
        case .badPattern(.tooLong): "a regular expression has at most \(FilterPattern.sourceLimit) bytes"
        case .badPattern(.tooComplex): "the regular expression is too complex"
        case .badPattern(.notUnderstood(let place)): "the regular expression is not understood at character \(place)"
        }
    }
}
