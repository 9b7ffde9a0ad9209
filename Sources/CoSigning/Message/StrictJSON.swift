package import Encoding

/// JSON as the protocol wants it read (docs/protocols/cosign.md 3): what two readers could take for different values is
/// no JSON.
package enum StrictJSON {
    /// Longest number, in characters.
    private static let numberLength = 40

    /// Reads a document; `nil` when it is not strict JSON within ``CoSignLimits/json``.
    package static func parse(_ bytes: [UInt8]) -> JSONValue? {
        guard bytes.count <= CoSignLimits.message, String(validating: bytes, as: UTF8.self) != nil,
            hasWholeSurrogates(bytes), let value = try? JSONValue(parsing: bytes, limits: CoSignLimits.json),
            hasShortNumbers(value)
        else { return nil }
        return value
    }

    /// As ``parse(_:)``, `nil` for anything but an object as well.
    static func object(_ bytes: [UInt8]) -> JSONValue? {
        guard let value = parse(bytes), value.members != nil else { return nil }
        return value
    }

    /// Whether every escaped surrogate is half of a pair. Outside of strings JSON has no backslash, so this needs no
    /// parser.
    private static func hasWholeSurrogates(_ bytes: [UInt8]) -> Bool {
        var place = 0
        while place < bytes.count, let escape = bytes[place...].firstIndex(of: UInt8(ascii: "\\")) {
            place = escape + 2
            guard let unit = codeUnit(bytes, escape), (0xD800...0xDFFF).contains(unit) else { continue }
            guard unit < 0xDC00, let second = codeUnit(bytes, escape + 6), (0xDC00...0xDFFF).contains(second) else {
                return false
            }
            place = escape + 12
        }
        return true
    }

    /// The value of `\uXXXX`; `nil` where something else stands.
    private static func codeUnit(_ bytes: [UInt8], _ place: Int) -> UInt32? {
        guard place + 6 <= bytes.count, bytes[place] == UInt8(ascii: "\\"), bytes[place + 1] == UInt8(ascii: "u") else {
            return nil
        }
        var unit: UInt32 = 0
        for byte in bytes[(place + 2)..<(place + 6)] {
            guard let digit = UTF8Sequence.hexDigit(byte) else { return nil }
            unit = unit << 4 | UInt32(digit)
        }
        return unit
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

    /// A time that must be a plain integer, up to the year 9999; Unix seconds.
    var plainMoment: Int64? {
        integer.flatMap { (0...CoSignLimits.lastMoment).contains($0) ? $0 : nil }
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
