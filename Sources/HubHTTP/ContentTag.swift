internal import HTTPTypes
package import Hummingbird

/// Whether the client has the current content already (RFC 9110 section 13).
package enum ContentTag {
    /// Longest list of tags that is looked at, in bytes.
    private static let limit = 4096

    /// Compares weakly, as `If-None-Match` wants: a cache between may have made a tag weak. Without that header the
    /// date the client was told counts, as clients repeat it; a date that is not that one, nobody's clock being exact,
    /// gets the content.
    ///
    /// - Parameters:
    ///   - tag: of the present content, with its quotes.
    ///   - modified: its `Last-Modified`, as it is sent.
    package static func isKnown(_ tag: String, modified: String? = nil, to request: Request) -> Bool {
        let fields = request.headers[values: .ifNoneMatch]
        guard fields.isEmpty else { return fields.contains { matches(tag, $0) } }
        return modified.map { request.headers[.ifModifiedSince] == $0 } ?? false
    }

    /// `*`, or a list of tags, each perhaps weak. A tag may hold a comma, so the list is read and not split.
    private static func matches(_ tag: String, _ field: String) -> Bool {
        guard field.utf8.count <= limit else { return false }
        var rest = field[...]
        while true {
            rest = rest.drop { $0 == " " || $0 == "\t" || $0 == "," }
            if rest.first == "*" { return true }
            if rest.hasPrefix("W/") { rest = rest.dropFirst(2) }
            guard rest.first == "\"", let end = rest.dropFirst().firstIndex(of: "\"") else { return false }
            if rest[...end] == tag { return true }
            rest = rest[rest.index(after: end)...]
        }
    }
}
