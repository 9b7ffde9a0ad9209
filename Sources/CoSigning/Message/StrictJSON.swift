package import Encoding

/// JSON as the protocol wants it read (docs/protocols/cosign.md 3): what two readers could take for different values is
/// no JSON.
package enum StrictJSON {
    /// Longest number, in characters.
    private static let numberLength = 40

    /// Reads a document; `nil` when it is not strict JSON within ``CoSignLimits/json``.
    package static func parse(_ bytes: [UInt8]) -> JSONValue? {
        guard bytes.count <= CoSignLimits.message, String(validating: bytes, as: UTF8.self) != nil,
            let value = try? JSONValue(parsing: bytes, limits: CoSignLimits.json), hasShortNumbers(value)
        else { return nil }
        return value
    }

    /// As ``parse(_:)``, `nil` for anything but an object as well.
    static func object(_ bytes: [UInt8]) -> JSONValue? {
        guard let value = parse(bytes), value.members != nil else { return nil }
        return value
    }

    private static func hasShortNumbers(_ value: JSONValue) -> Bool {
        switch value {
        case .number(let text): text.utf8.count <= numberLength
        case .array(let elements): elements.allSatisfy(hasShortNumbers)
        case .object(let members): members.allSatisfy { hasShortNumbers($0.value) }
        case .null, .bool, .string: true
        }
    }
}

extension JSONValue {
    /// A plain integer: no fraction, no exponent, nothing rounded.
    var plainInteger: Int64? { integer }

    /// A plain integer up to 2^64 - 1.
    var plainUnsigned: UInt64? {
        if case .number(let text) = self { UInt64(text) } else { nil }
    }

    /// A time: an integer, or a decimal without exponent whose fraction is dropped, up to the year 9999; Unix seconds.
    var moment: Int64? {
        guard case .number(let text) = self, let whole = text.utf8.split(separator: 0x2E).first,
            let seconds = Int64(Substring(whole)), (0...CoSignLimits.lastMoment).contains(seconds),
            !text.utf8.contains(where: { $0 | 0x20 == UInt8(ascii: "e") || $0 == UInt8(ascii: "-") })
        else { return nil }
        return seconds
    }
}
