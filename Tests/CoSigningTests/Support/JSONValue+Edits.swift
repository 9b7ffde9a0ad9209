package import Encoding

// Documents as literals, and changed in one place.

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(stringLiteral text: String) { self = .string(text) }

    package init(integerLiteral number: Int64) { self = .number("\(number)") }

    package init(booleanLiteral value: Bool) { self = .bool(value) }

    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }

    package init(dictionaryLiteral members: (String, JSONValue)...) {
        self = .object(members.map { Member($0.0, $0.1) })
    }

    static func integer(_ number: Int64) -> JSONValue { .number("\(number)") }

    static func text(_ length: Int) -> JSONValue { .string(String(repeating: "x", count: length)) }
}

extension JSONValue {
    /// The same object with another value of a member, or with one more; `nil` takes it away. `a.b` is the member `b`
    /// of the member `a`.
    func with(_ path: String, _ value: JSONValue?) -> JSONValue {
        let names = path.split(separator: ".", maxSplits: 1).map(String.init)
        if names.count == 2 { return with(names[0], (self[names[0]] ?? [:]).with(names[1], value)) }
        var members = members ?? []
        let place = members.firstIndex { $0.name == path }
        switch (place, value) {
        case (let place?, let value?): members[place] = Member(path, value)
        case (let place?, nil): members.remove(at: place)
        case (nil, let value?): members.append(Member(path, value))
        case (nil, nil): break
        }
        return .object(members)
    }

    /// The value of a member that must be there.
    func required(_ name: String) throws -> JSONValue {
        guard let value = self[name] else { throw MissingMember(name: name) }
        return value
    }

    func requiredText(_ name: String) throws -> String {
        guard let text = try required(name).string else { throw MissingMember(name: name) }
        return text
    }

    struct MissingMember: Error {
        let name: String
    }
}
