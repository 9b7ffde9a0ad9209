internal import Encoding
internal import Filters
internal import Foundation
internal import Journal
internal import Store
internal import Wire

/// SQL of searches over all devices: what the indexes answer is left to SQLite, the rest is judged here, device by
/// device.
struct InventorySearch: Sendable {
    private let query: InventoryQuery
    private var conditions: [String] = []
    private var arguments: [any SQLType] = []

    /// A device that SQLite found.
    struct Candidate {
        let deviceID: String
        let identityID: String?
    }

    init(_ query: InventoryQuery) {
        self.query = query
        if query.onlyIdentified { conditions.append("identity.id IS NOT NULL") }
        if let wanted = query.hasGroup {
            conditions.append("device.id \(wanted ? "" : "NOT ")IN (SELECT device_id FROM group_member)")
        }
        if let ids = query.identityIDs {
            let known = ids.filter(UniqueID.isValid)
            require("identity.id IN \(SQLText.list(known.count))", known)
        }
        if let text = query.text { require(text: text) }
        for term in query.filter.terms { narrow(term) }
    }

    /// IDs of the devices that match, in order.
    ///
    /// - Throws: ``InventoryError/searchTooCostly``.
    func run(in db: Database) throws -> [Candidate] {
        var sql = "SELECT device.id, identity.id FROM device LEFT JOIN identity ON identity.device_id = device.id"
        if !conditions.isEmpty { sql += " WHERE " + conditions.joined(separator: " AND ") }
        let candidates = try db.all(sql + " ORDER BY device.id", arguments, isKept: false) { row in
            Candidate(deviceID: row[0], identityID: row[1])
        }
        var found: [Candidate] = []
        var budget = PatternBudget.search
        for candidate in candidates {
            var computed = ComputedAttributes(deviceID: candidate.deviceID, in: db)
            do {
                let isMeant = try query.filter.matches(within: &budget) { key in try computed.value(key) }
                if isMeant { found.append(candidate) }
            } catch is PatternBudgetSpent {
                throw InventoryError.searchTooCostly
            }
        }
        return query.order.isEmpty ? found : try sorted(found, in: db)
    }

    private func sorted(_ candidates: [Candidate], in db: Database) throws -> [Candidate] {
        let keyed = try candidates.map { candidate in
            var computed = ComputedAttributes(deviceID: candidate.deviceID, in: db)
            return (candidate, try query.order.map { try computed.value($0.key)?.first })
        }
        return keyed.sorted { one, two in
            for (index, order) in query.order.enumerated() {
                if let isBefore = Self.isBefore(one.1[index], two.1[index], order) { return isBefore }
            }
            return DeviceID(one.0.deviceID) < DeviceID(two.0.deviceID)
        }.map(\.0)
    }

    /// `nil` when both are equal. Numbers come before texts, and what is absent at the end.
    private static func isBefore(
        _ one: AttributeValue?, _ two: AttributeValue?, _ order: InventoryQuery.Order
    ) -> Bool? {
        guard let one, let two else { return one == nil && two == nil ? nil : one != nil }
        guard let isLess = one.isLess(than: two), let isMore = two.isLess(than: one) else {
            let isNumber = if case .number = one { true } else { false }
            return isNumber != order.isDescending
        }
        return isLess == isMore ? nil : isLess != order.isDescending
    }

    private mutating func require(_ condition: String, _ values: [any SQLType]) {
        conditions.append(condition)
        arguments += values
    }

    private mutating func require(text: String) {
        // As the text is in the stored JSON, with what LIKE would take for a wild card escaped. By scalars: a combining
        // mark makes one character with the quote or wild card before it.
        var pattern = String.UnicodeScalarView()
        for scalar in AttributeStore.text(.string(text)).unicodeScalars.dropFirst().dropLast() {
            if "%_\\".unicodeScalars.contains(scalar) { pattern.append("\\") }
            pattern.append(scalar)
        }
        let wanted = "%\(String(pattern))%"
        require(
            """
            (lower(identity.data) LIKE lower(?) ESCAPE '\\' OR EXISTS (
                SELECT 1 FROM attribute WHERE device_id = device.id AND lower(value) LIKE lower(?) ESCAPE '\\'))
            """, [wanted, wanted])
    }

    /// Adds a condition that every device meets for which the term holds, and few others.
    private mutating func narrow(_ term: InventoryFilter.Term) {
        switch term.key.scope {
        case .inventory, .tags, .monitor: narrow(stored: term)
        case .system where term.key.name == "group":
            if case .equals(.string(let name)) = term.condition {
                require("device.id IN (SELECT device_id FROM group_member WHERE name = ?)", [name])
            }
        case .identity, .system: break
        }
    }

    private mutating func narrow(stored term: InventoryFilter.Term) {
        let scope = term.key.scope.rawValue
        let name = Array(term.key.name.utf8)
        switch term.condition {
        case .equals(.string(let text)): narrow(scope, name, [text])
        case .isOneOf(let values) where values.count <= 100 && values.allSatisfy(Self.isText):
            narrow(scope, name, values.compactMap { if case .string(let text) = $0 { text } else { nil } })
        case .equals, .isOneOf, .compares, .matches, .exists(true):
            require("device.id IN (SELECT device_id FROM attribute WHERE scope = ? AND name = ?)", [scope, name])
        case .differs, .isNoneOf, .exists(false): break
        }
    }

    /// One of these texts, or an array, which may hold one.
    private mutating func narrow(_ scope: String, _ name: [UInt8], _ texts: [String]) {
        let places = texts.map { _ in "substr(?, 1, 32)" }.joined(separator: ", ")
        require(
            """
            device.id IN (
                SELECT device_id FROM attribute WHERE scope = ? AND name = ? AND substr(value, 1, 32) IN (\(places))
                UNION ALL SELECT device_id FROM attribute WHERE scope = ? AND name = ?
                    AND substr(value, 1, 32) >= '[' AND substr(value, 1, 32) < '\\')
            """,
            [scope, name] + texts.map { AttributeStore.text(.string($0)) } + [scope, name])
    }

    private static func isText(_ value: AttributeValue) -> Bool {
        if case .string = value { true } else { false }
    }
}

extension AttributeValue {
    /// The value, or its first element.
    fileprivate var first: AttributeValue? {
        switch self {
        case .string, .number: self
        case .strings(let texts): texts.first.map(AttributeValue.string)
        case .numbers(let texts): texts.first.map(AttributeValue.number)
        }
    }
}
