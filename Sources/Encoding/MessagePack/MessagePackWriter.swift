/// Writes MessagePack, every value in its shortest form unless another one is asked for.
package struct MessagePackWriter {
    /// What was written so far.
    package private(set) var bytes: [UInt8] = []

    /// Makes an empty writer; `capacity` is a guess of the final size in bytes.
    package init(capacity: Int = 256) {
        bytes.reserveCapacity(capacity)
    }

    /// Writes the beginning of a map; `count` names with their values must follow.
    package mutating func map(_ count: Int) {
        if count < 16 {
            bytes.append(0x80 | UInt8(count))
        } else {
            lengthHead(count, short: nil, 0xDE, 0xDF)
        }
    }

    /// Writes the beginning of an array; `count` values must follow.
    package mutating func array(_ count: Int) {
        if count < 16 {
            bytes.append(0x90 | UInt8(count))
        } else {
            lengthHead(count, short: nil, 0xDC, 0xDD)
        }
    }

    /// Writes `nil`.
    package mutating func null() {
        bytes.append(0xC0)
    }

    /// Writes a truth value.
    package mutating func bool(_ value: Bool) {
        bytes.append(value ? 0xC3 : 0xC2)
    }

    /// Writes an integer in its shortest form.
    package mutating func integer(_ value: Int64) {
        switch value {
        case 0...0x7F: bytes.append(UInt8(value))
        case -32..<0: bytes.append(UInt8(bitPattern: Int8(value)))
        case 0...0xFF: number(0xCC, UInt64(value), 1)
        case 0...0xFFFF: number(0xCD, UInt64(value), 2)
        case 0...0xFFFF_FFFF: number(0xCE, UInt64(value), 4)
        case 0...: number(0xCF, UInt64(value), 8)
        case -0x80..<0: number(0xD0, UInt64(bitPattern: value), 1)
        case -0x8000..<0: number(0xD1, UInt64(bitPattern: value), 2)
        case -0x8000_0000..<0: number(0xD2, UInt64(bitPattern: value), 4)
        default: int64(value)
        }
    }

    /// Writes an integer as signed 64-bit, however small: some readers take an `offset` in no other form
    /// (docs/protocols/mender.md 13.2).
    package mutating func int64(_ value: Int64) {
        number(0xD3, UInt64(bitPattern: value), 8)
    }

    /// Writes an integer as unsigned 16-bit, however small: the form in which devices write the protocol.
    package mutating func uint16(_ value: UInt16) {
        number(0xCD, UInt64(value), 2)
    }

    /// Writes a number with a fraction.
    package mutating func float(_ value: Double) {
        number(0xCB, value.bitPattern, 8)
    }

    package mutating func string(_ text: String) {
        let count = text.utf8.count
        if count < 32 {
            bytes.append(0xA0 | UInt8(count))
        } else {
            lengthHead(count, short: 0xD9, 0xDA, 0xDB)
        }
        bytes.append(contentsOf: text.utf8)
    }

    /// Writes bytes.
    package mutating func binary(_ content: [UInt8]) {
        lengthHead(content.count, short: 0xC4, 0xC5, 0xC6)
        bytes.append(contentsOf: content)
    }

    package mutating func `extension`(type: Int8, _ content: [UInt8]) {
        switch content.count {
        case 1, 2, 4, 8, 16: bytes.append(0xD4 + UInt8(content.count.trailingZeroBitCount))
        default: lengthHead(content.count, short: 0xC7, 0xC8, 0xC9)
        }
        bytes.append(UInt8(bitPattern: type))
        bytes.append(contentsOf: content)
    }

    /// Writes a value that is MessagePack already.
    package mutating func raw(_ value: [UInt8]) {
        bytes.append(contentsOf: value)
    }

    // MARK: - Pieces

    private mutating func lengthHead(_ count: Int, short: UInt8?, _ middle: UInt8, _ long: UInt8) {
        if let short, count <= 0xFF {
            number(short, UInt64(count), 1)
        } else if count <= 0xFFFF {
            number(middle, UInt64(count), 2)
        } else {
            number(long, UInt64(count), 4)
        }
    }

    private mutating func number(_ head: UInt8, _ value: UInt64, _ width: Int) {
        bytes.append(head)
        for shift in stride(from: (width - 1) * 8, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
        }
    }
}
