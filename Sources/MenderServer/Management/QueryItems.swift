internal import Encoding
internal import Hummingbird

/// The query of a request, decoded, in its order; names may repeat.
struct QueryItems {
    /// One name with its value.
    struct Item {
        let name: String
        let value: String
        let text: Substring
    }

    let items: [Item]

    /// More items than any call has are refused, so that a query can't be made to cost.
    private static let limit = 1000

    /// - Throws: 400 for a broken percent escape and too many items.
    init(_ request: Request) throws {
        let parts = (request.uri.query ?? "").split(separator: "&", maxSplits: Self.limit)
        guard parts.count <= Self.limit else { throw MenderError.badRequest("too many query parameters") }
        items = try parts.map { part in
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decode(sides[0]), let value = Self.decode(sides.count > 1 ? sides[1] : "") else {
                throw MenderError.badRequest("the query is not percent-encoded UTF-8")
            }
            return Item(name: name, value: value, text: part)
        }
    }

    /// The first value of a name; `nil` also when it is empty.
    func first(_ name: String) -> String? {
        items.first { $0.name == name && !$0.value.isEmpty }?.value
    }

    /// All values of a name.
    func all(_ name: String) -> [String] {
        items.filter { $0.name == name }.map(\.value)
    }

    /// A value as Unix seconds or another whole number.
    ///
    /// - Throws: 400 when it is none.
    func number(_ name: String) throws -> Int64? {
        guard let text = first(name) else { return nil }
        guard let number = Int64(text) else { throw MenderError.badRequest("parameter \"\(name)\" is not a number") }
        return number
    }

    private static func decode(_ text: Substring) -> String? {
        let text = PercentEncoding.decode(String(text.map { $0 == "+" ? " " : $0 }))
        return text.flatMap { $0.utf8.contains(0) ? nil : $0 }
    }
}
