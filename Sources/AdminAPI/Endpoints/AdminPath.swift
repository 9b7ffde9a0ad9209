internal import Encoding

/// The path of an endpoint: words, and placeholders for values.
package struct AdminPath: Sendable {
    package enum Segment: Sendable, Equatable {
        case word(String)
        case parameter(String)
    }

    /// What comes before the segments, such as `/admin/v1`.
    package let base: String
    package let segments: [Segment]

    init(_ template: String, base: String) {
        self.base = base
        segments = template.split(separator: "/").map { part in
            part.hasPrefix("{") && part.hasSuffix("}")
                ? .parameter(String(part.dropFirst().dropLast())) : .word(String(part))
        }
    }

    /// Names of the placeholders, in order.
    package var names: [String] {
        segments.compactMap { if case .parameter(let name) = $0 { name } else { nil } }
    }

    /// The path with values for the placeholders, in order, each percent-encoded.
    package func text(_ values: [String]) -> String {
        var values = values[...]
        return segments.reduce(into: base) { text, segment in
            switch segment {
            case .word(let word): text += "/" + word
            case .parameter: text += "/" + PercentEncoding.encode(values.popFirst() ?? "")
            }
        }
    }
}

/// The values in a path, in its order.
package protocol PathParameters: Sendable {
    static var count: Int { get }
    var texts: [String] { get }
    /// - Parameter next: the decoded text of the next placeholder.
    init(reading next: () throws -> String) rethrows
}

package struct NoParameters: PathParameters {
    package static let count = 0
    package var texts: [String] { [] }

    package init() {}
    package init(reading next: () throws -> String) rethrows {}
}

extension String: PathParameters {
    package static var count: Int { 1 }
    package var texts: [String] { [self] }

    package init(reading next: () throws -> String) rethrows { self = try next() }
}

/// A number in a path or a query. What came instead of one is kept, so that the refusal can name it.
package struct NumberText<Number: FixedWidthInteger & Sendable>: Sendable, Equatable {
    package let text: String
    package var number: Number? { Number(text) }

    package init(_ number: Number) { text = "\(number)" }
    package init(reading text: String) { self.text = text }
}

extension NumberText: PathParameters {
    package static var count: Int { 1 }
    package var texts: [String] { [text] }

    package init(reading next: () throws -> String) rethrows { text = try next() }
}
