internal import HTTPTypes
internal import Hummingbird

/// Which part of a listing is asked for (docs/protocols/mender.md 2).
struct PageRequest {
    /// From 1.
    let page: Int
    /// Items of a page.
    let perPage: Int
    /// Items before this page.
    var offset: Int { (page - 1) * perPage }

    private let path: String
    private let others: [Substring]

    /// Most items of one page.
    static let limit = 500

    /// Reads `page` and `per_page`.
    ///
    /// - Parameter perPage: how many items, when the caller does not say.
    /// - Throws: 400.
    init(_ request: Request, perPage standard: Int = 20) throws {
        let query = try QueryItems(request)
        page = try Self.number(query, "page") ?? 1
        perPage = try Self.number(query, "per_page") ?? standard
        try Self.check(page: page, perPage: perPage)
        path = request.uri.path
        others = query.items.filter { !["page", "per_page"].contains($0.name) }.map(\.text)
    }

    /// A page that a body asks for, for calls whose answers have no links.
    ///
    /// - Throws: 400.
    init(page: Int64?, perPage: Int64?, standard: Int = 20) throws {
        self.page = Int(page ?? 1)
        self.perPage = Int(perPage ?? Int64(standard))
        try Self.check(page: self.page, perPage: self.perPage)
        path = ""
        others = []
    }

    /// `Link`, and `X-Total-Count` when the number of all items is told.
    func headers(hasMore: Bool, total: Int? = nil) -> HTTPFields {
        var links = [link(1, "first")]
        if page > 1 { links.append(link(page - 1, "prev")) }
        if hasMore { links.append(link(page + 1, "next")) }
        var headers: HTTPFields = [.link: links.joined(separator: ", ")]
        if let total { headers[.totalCount] = "\(total)" }
        return headers
    }

    /// The page's headers when all items are counted.
    func headers(total: Int) -> HTTPFields {
        headers(hasMore: offset + perPage < total, total: total)
    }

    /// The page's part of a listing that is at hand as a whole.
    func slice<Item>(_ items: [Item]) -> ArraySlice<Item> {
        items.dropFirst(offset).prefix(perPage)
    }

    /// The other values go back as they came; what would end the URL in the header is escaped.
    private func link(_ page: Int, _ relation: String) -> String {
        let query = (others.map(String.init) + ["page=\(page)", "per_page=\(perPage)"]).joined(separator: "&")
        let url = (path + "?" + query).flatMap { $0 == "<" ? "%3C" : $0 == ">" ? "%3E" : String($0) }
        return "<\(String(url))>; rel=\"\(relation)\""
    }

    private static func number(_ query: QueryItems, _ name: String) throws -> Int? {
        guard let text = query.first(name) else { return nil }
        guard let number = Int(text), number >= 1 else {
            throw MenderError.badRequest("parameter \"\(name)\" is not a positive number")
        }
        return number
    }

    private static func check(page: Int, perPage: Int) throws(MenderError) {
        guard page >= 1, perPage >= 1 else { throw .badRequest("page and per_page are positive numbers") }
        guard perPage <= limit else {
            throw .badRequest("parameter \"per_page\" above limit (max: \(limit))")
        }
        guard page <= Int.max / limit else { throw .badRequest("parameter \"page\" above limit") }
    }
}
