/// Writes JSON in the canonical form of docs/protocols/idprov.md 7: one line, no white space, members in the order of
/// the calls.
///
/// Everything the hub and the devices send is written by this type, so what is signed and what is sent are the same
/// bytes.
package struct JSONWriter {
    /// The text so far.
    package private(set) var bytes: [UInt8] = []
    private var needsComma = false

    /// Makes an empty writer; `capacity` is a guess of the final size in bytes.
    package init(capacity: Int = 512) {
        bytes.reserveCapacity(capacity)
    }

    /// Writes an object as the next value.
    package mutating func object(_ content: (inout JSONWriter) -> Void) {
        nest(UInt8(ascii: "{"), UInt8(ascii: "}"), content)
    }

    /// Writes an array as the next value.
    package mutating func array(_ content: (inout JSONWriter) -> Void) {
        nest(UInt8(ascii: "["), UInt8(ascii: "]"), content)
    }

    /// Writes the name of a member; its value must follow.
    package mutating func name(_ name: String) {
        comma()
        quote(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// Writes a string as the next value.
    package mutating func string(_ text: String) {
        comma()
        quote(text)
    }

    /// Writes an integer as the next value.
    package mutating func integer(_ value: Int64) {
        comma()
        bytes.append(contentsOf: String(value).utf8)
    }

    /// Writes `true` or `false` as the next value.
    package mutating func bool(_ value: Bool) {
        comma()
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
    }

    /// Writes `null` as the next value.
    package mutating func null() {
        comma()
        bytes.append(contentsOf: "null".utf8)
    }

    /// Writes a number that is already JSON text.
    package mutating func number(_ text: String) {
        comma()
        bytes.append(contentsOf: text.utf8)
    }

    /// Writes a member with a string value.
    package mutating func member(_ name: String, _ value: String) {
        self.name(name)
        string(value)
    }

    /// Writes a member with an integer value.
    package mutating func member(_ name: String, _ value: Int64) {
        self.name(name)
        integer(value)
    }

    /// Writes a member with a truth value.
    package mutating func member(_ name: String, _ value: Bool) {
        self.name(name)
        bool(value)
    }

    // MARK: - Pieces

    private mutating func comma() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func nest(_ open: UInt8, _ close: UInt8, _ content: (inout JSONWriter) -> Void) {
        comma()
        bytes.append(open)
        needsComma = false
        content(&self)
        bytes.append(close)
        needsComma = true
    }

    private mutating func quote(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        JSONText.escape(text, into: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }
}

/// The escapes of the canonical form.
package enum JSONText {
    private static let hexDigits: [UInt8] = Array("0123456789abcdef".utf8)

    /// Appends `text` without quotes, escaped as docs/protocols/idprov.md 7 says.
    ///
    /// Most of a message is base64, so what needs no escape is found as a run and appended at once.
    package static func escape(_ text: String, into bytes: inout [UInt8]) {
        var text = text
        text.withUTF8 { utf8 in
            var start = 0
            var index = 0
            while index < utf8.count {
                let byte = unsafe utf8[index]
                guard needsLook[Int(byte)] else {
                    index += 1
                    continue
                }
                let length = unsafe byte == 0xE2 ? separatorLength(utf8, index) : 1
                if length > 0 {
                    unsafe bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start..<index]))
                    unsafe append(escaped: utf8[index + length - 1], to: &bytes)
                    start = index + length
                }
                index += max(length, 1)
            }
            unsafe bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start...]))
        }
    }

    /// True for bytes that are escaped or begin what may be.
    private static let needsLook: [Bool] = (0..<256).map { byte in
        byte < 0x20 || byte == 0xE2 || "\"\\<>&".utf8.contains(UInt8(byte))
    }

    /// 3 for U+2028 and U+2029 (E2 80 A8 and E2 80 A9), else 0.
    private static func separatorLength(_ utf8: UnsafeBufferPointer<UInt8>, _ index: Int) -> Int {
        guard index + 2 < utf8.count, unsafe utf8[index + 1] == 0x80 else { return 0 }
        return unsafe utf8[index + 2] == 0xA8 || utf8[index + 2] == 0xA9 ? 3 : 0
    }

    /// - Parameter byte: the byte itself, or the last one of a separator.
    private static func append(escaped byte: UInt8, to bytes: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(byte)
        case 0x0A: appendShort(UInt8(ascii: "n"), to: &bytes)
        case 0x0D: appendShort(UInt8(ascii: "r"), to: &bytes)
        case 0x09: appendShort(UInt8(ascii: "t"), to: &bytes)
        case 0xA8, 0xA9: appendCode(0x20, byte - 0x80, to: &bytes)
        default: appendCode(0, byte, to: &bytes)
        }
    }

    private static func appendShort(_ letter: UInt8, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(letter)
    }

    private static func appendCode(_ high: UInt8, _ low: UInt8, to bytes: inout [UInt8]) {
        appendShort(UInt8(ascii: "u"), to: &bytes)
        for byte in [high, low] {
            bytes.append(hexDigits[Int(byte >> 4)])
            bytes.append(hexDigits[Int(byte & 15)])
        }
    }
}
