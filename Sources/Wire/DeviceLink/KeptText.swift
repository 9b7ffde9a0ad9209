package import Encoding

/// Texts of devices, as far as they are kept (docs/protocols/device-link.md 14).
package enum KeptText {
    /// Longest text, in bytes.
    package static let limit = 1024
    /// Longest reason, in bytes.
    package static let reasonLimit = 2048
    /// Longest name of something that has a value, in bytes. A longer one is left out: cut names would be one.
    package static let nameLimit = 128

    /// The beginning of a text, whole characters only, without zero bytes: text ends at them in SQLite.
    package static func of(_ text: String, limit: Int = limit) -> String {
        guard text.utf8.count > limit || text.utf8.contains(0) else { return text }
        var kept = String.UnicodeScalarView()
        var size = 0
        for scalar in text.unicodeScalars where scalar.value != 0 {
            size += UTF8.width(scalar)
            guard size <= limit else { break }
            kept.append(scalar)
        }
        return String(kept)
    }

    /// A member that is a text and not empty, as far as it is kept.
    package static func member(_ name: String, of payload: JSONValue, limit: Int = limit) -> String? {
        guard let text = payload[name]?.string, !text.isEmpty else { return nil }
        return of(text, limit: limit)
    }

    /// A name that can be kept whole; `nil` for every other text.
    static func name(_ text: String) -> String? {
        text.isEmpty || text.utf8.count > nameLimit || text.utf8.contains(0) ? nil : text
    }

    /// A single value as text; `nil` for null, lists and objects.
    static func single(_ value: JSONValue?) -> String? {
        switch value {
        case .string(let text): of(text)
        case .number(let text): of(text)
        case .bool(let truth): truth ? "true" : "false"
        case .null, .array, .object, nil: nil
        }
    }

    /// A finite number; `nil` for everything else, texts that look like one included.
    static func number(_ value: JSONValue?) -> Double? {
        guard case .number(let text)? = value, let number = Double(text), number.isFinite else { return nil }
        return number
    }
}

/// A name and what it stands for. Kept in lists in the order of the message: as keys of a dictionary, two names that
/// look alike would be one.
package struct NamedText: Sendable, Equatable {
    package let name: String
    package let text: String

    package init(_ name: String, _ text: String) {
        self.name = name
        self.text = text
    }
}
