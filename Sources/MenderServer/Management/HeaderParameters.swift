/// A header field of the form `value; name=text; name="text"` (RFC 9110 section 5.6.6).
struct HeaderParameters {
    /// What comes before the first parameter, lower case.
    let value: String
    /// Names, lower case, and texts, in their order.
    private let parameters: [(name: String, text: String)]

    /// Takes what is there; a parameter that can't be read is passed over.
    init(_ field: String) {
        var parts = Self.split(Array(field.utf8))
        value = Self.text(parts.removeFirst()).lowercased()
        parameters = parts.compactMap { part in
            guard let equals = part.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            return (Self.text(part[..<equals]).lowercased(), Self.unquoted(Self.trimmed(part[(equals + 1)...])))
        }
    }

    /// The first parameter of that name.
    subscript(name: String) -> String? {
        parameters.first { $0.name == name }?.text
    }

    /// Parts between semicolons that are not quoted; at least one.
    private static func split(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var parts: [ArraySlice<UInt8>] = []
        var start = 0
        var isQuoted = false
        var isEscaped = false
        for (index, byte) in bytes.enumerated() {
            if isEscaped {
                isEscaped = false
            } else if isQuoted, byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isQuoted.toggle()
            } else if byte == UInt8(ascii: ";"), !isQuoted {
                parts.append(bytes[start..<index])
                start = index + 1
            }
        }
        return parts + [bytes[start...]]
    }

    private static func unquoted(_ bytes: ArraySlice<UInt8>) -> String {
        guard bytes.count >= 2, bytes.first == UInt8(ascii: "\""), bytes.last == UInt8(ascii: "\"") else {
            return text(bytes)
        }
        var plain: [UInt8] = []
        var isEscaped = false
        for byte in bytes.dropFirst().dropLast() {
            isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
            if !isEscaped { plain.append(byte) }
        }
        return String(decoding: plain, as: UTF8.self)
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: trimmed(bytes), as: UTF8.self)
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
        let front = bytes.drop(while: isSpace)
        guard let last = front.lastIndex(where: { !isSpace($0) }) else { return [] }
        return front[...last]
    }
}
