internal import Encoding

/// The query of an endpoint. Its fields say under which names its properties are sent, for both ends.
package protocol EndpointQuery: Sendable {
    static var fields: [QueryField<Self>] { get }
    /// A query that asks for nothing in particular.
    init()
}

extension EndpointQuery {
    /// Reads what was sent; fields nobody knows are passed over.
    ///
    /// - Parameter value: the decoded value of a name, `nil` when it was not sent.
    package init(reading value: (String) -> String?) {
        self.init()
        for field in Self.fields {
            if let text = value(field.name) { field.read(text, &self) }
        }
    }

    /// Name → value of every field that is set.
    package var values: [String: String] {
        var values: [String: String] = [:]
        for field in Self.fields { values[field.name] = field.write(self) }
        return values
    }
}

/// A name of a query and the property behind it.
package struct QueryField<Query: Sendable>: Sendable {
    package let name: String
    let read: @Sendable (String, inout Query) -> Void
    let write: @Sendable (Query) -> String?

    static func text(_ name: String, _ property: any WritableKeyPath<Query, String?> & Sendable) -> Self {
        Self(name: name, read: { $1[keyPath: property] = $0 }, write: { $0[keyPath: property] })
    }

    /// `true`, or not sent.
    static func flag(_ name: String, _ property: any WritableKeyPath<Query, Bool> & Sendable) -> Self {
        Self(
            name: name, read: { $1[keyPath: property] = $0 == "true" },
            write: { $0[keyPath: property] ? "true" : nil })
    }

    static func number<Number>(
        _ name: String, _ property: any WritableKeyPath<Query, NumberText<Number>?> & Sendable
    ) -> Self {
        Self(
            name: name, read: { $1[keyPath: property] = NumberText(reading: $0) },
            write: { $0[keyPath: property]?.text })
    }
}

package struct NoQuery: EndpointQuery {
    package static var fields: [QueryField<Self>] { [] }

    package init() {}
}

/// A query of a listing that comes in pages.
package protocol PagedQuery: EndpointQuery {
    /// Where the page begins: what the page before said; `nil` for the first.
    var after: String? { get set }
    /// Most items, 1 to ``AdminEndpoints/pageLimit``; `nil` for 100.
    var limit: NumberText<Int>? { get set }
    /// All but those of the page.
    static var ownFields: [QueryField<Self>] { get }
}

/// Names of the fields that every page has.
enum PageField {
    static let after = "after"
    static let limit = "limit"
}

extension PagedQuery {
    package static var fields: [QueryField<Self>] {
        ownFields + [
            QueryField(name: PageField.after, read: { $1.after = $0 }, write: { $0.after }),
            QueryField(
                name: PageField.limit, read: { $1.limit = NumberText(reading: $0) }, write: { $0.limit?.text }),
        ]
    }

    package static var ownFields: [QueryField<Self>] { [] }
}

/// A listing with nothing to choose from.
package struct PageQuery: PagedQuery {
    package var after: String?
    package var limit: NumberText<Int>?

    package init() {}
}
