/// Text that strangers chose, made fit to be shown: it must not begin a line of its own, move a terminal's cursor, or
/// turn the direction in which the rest is read.
package enum PlainText {
    /// Whether a character does something instead of being seen: controls of C0 and C1, format characters (those of
    /// bidirectional text among them), separators of lines and paragraphs, and those that are not seen.
    package static func acts(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.value < 0x20 || scalar.value == 0x7F }
        if isUnseen(scalar) { return true }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: return true
        default: return false
        }
    }

    /// Whether nothing is shown for a character, or only a gap: those that Unicode has ignored
    /// (`Default_Ignorable_Code_Point`, such as variation selectors and Hangul fillers), and the empty Braille pattern.
    package static func isUnseen(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "\u{2800}" || scalar.properties.isDefaultIgnorableCodePoint
    }

    /// Whether all of a text is only seen.
    package static func isPlain(_ text: some StringProtocol) -> Bool {
        !text.unicodeScalars.contains(where: acts)
    }

    /// The text with a question mark for each character that is not only seen.
    ///
    /// - Parameters:
    ///   - kept: what stays as it is.
    ///   - limit: characters (Unicode scalars) that are shown.
    package static func of(
        _ text: some StringProtocol, keeping kept: Unicode.Scalar? = nil, limit: Int = .max
    ) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.prefix(limit).map { acts($0) && $0 != kept ? "?" : $0 }))
    }

    /// A JSON document (RFC 8259) with `\u` escapes for all such characters in its strings: the same document to a
    /// program, and harmless to a terminal. Line ends between its values stay.
    ///
    /// - Parameter document: valid JSON, in which characters below U+0020 occur between values only.
    package static func json(_ document: String) -> String {
        var escaped = ""
        escaped.reserveCapacity(document.utf8.count)
        for scalar in document.unicodeScalars {
            guard scalar.value >= 0x20, acts(scalar) else {
                escaped.unicodeScalars.append(scalar)
                continue
            }
            for unit in String(scalar).utf16 {
                let digits = String(unit, radix: 16)
                escaped += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        return escaped
    }
}

/// Addresses of network interfaces as devices write them.
package enum LinkLayerAddress {
    /// Whether a text is one: six or eight octets in hexadecimal, joined by `:` or `-`, or without anything between.
    package static func isValid(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard let mark = bytes.dropFirst(2).first, mark == UInt8(ascii: ":") || mark == UInt8(ascii: "-") else {
            return (bytes.count == 12 || bytes.count == 16) && bytes.allSatisfy(isDigit)
        }
        return (bytes.count == 17 || bytes.count == 23)
            && bytes.enumerated().allSatisfy { place, byte in place % 3 == 2 ? byte == mark : isDigit(byte) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
    }
}
