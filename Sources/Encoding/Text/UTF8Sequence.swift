/// The few facts about UTF-8 that the scanner and the writer need.
package enum UTF8Sequence {
    package static let replacement: [UInt8] = [0xEF, 0xBF, 0xBD]

    /// Length of the well-formed multi-byte sequence at `index`, 0 when there is none.
    package static func length(in bytes: [UInt8], at index: Int) -> Int {
        let first = bytes[index]
        let length: Int
        var lowest: UInt8 = 0x80
        var highest: UInt8 = 0xBF
        switch first {
        case 0xC2...0xDF: length = 2
        case 0xE0...0xEF:
            length = 3
            if first == 0xE0 { lowest = 0xA0 }
            if first == 0xED { highest = 0x9F }
        case 0xF0...0xF4:
            length = 4
            if first == 0xF0 { lowest = 0x90 }
            if first == 0xF4 { highest = 0x8F }
        default: return 0
        }
        guard index + length <= bytes.count, (lowest...highest).contains(bytes[index + 1]) else { return 0 }
        for offset in 2..<max(length, 2) where bytes[index + offset] & 0xC0 != 0x80 { return 0 }
        return length
    }

    /// Appends a code point that is not a surrogate.
    package static func append(_ code: UInt32, to text: inout [UInt8]) {
        switch code {
        case 0..<0x80: text.append(UInt8(code))
        case 0..<0x800:
            text.append(UInt8(0xC0 | code >> 6))
            text.append(UInt8(0x80 | code & 0x3F))
        case 0..<0x10000:
            text.append(UInt8(0xE0 | code >> 12))
            text.append(UInt8(0x80 | code >> 6 & 0x3F))
            text.append(UInt8(0x80 | code & 0x3F))
        default:
            text.append(UInt8(0xF0 | code >> 18))
            text.append(UInt8(0x80 | code >> 12 & 0x3F))
            text.append(UInt8(0x80 | code >> 6 & 0x3F))
            text.append(UInt8(0x80 | code & 0x3F))
        }
    }

    /// Value of one hexadecimal digit.
    package static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
