package import Encoding

/// JSON as the tunnel protocols write it: keys in alphabetical order, compact or indented by four; text is escaped only
/// where RFC 8259 demands it (the canonical form of ``JSONWriter`` escapes more, and readers of these protocols compare
/// text).
package enum TunnelJSON {
    /// On one line, without white space.
    package static func compact(_ value: JSONValue) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(256)
        write(value, indentation: nil, to: &bytes)
        return bytes
    }

    /// Over many lines, `": "` behind names, ended by a line end.
    package static func indented(_ value: JSONValue) -> [UInt8] {
        var bytes: [UInt8] = []
        write(value, indentation: 0, to: &bytes)
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    /// An object of these members.
    package static func object(_ members: KeyValuePairs<String, JSONValue>) -> JSONValue {
        .object(members.map { JSONValue.Member($0.key, $0.value) })
    }

    private static func write(_ value: JSONValue, indentation: Int?, to bytes: inout [UInt8]) {
        switch value {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
        case .number(let text): bytes.append(contentsOf: text.utf8)
        case .string(let text): quote(text, to: &bytes)
        case .array(let elements):
            nest(elements, "[", "]", indentation, to: &bytes) { element, inner, bytes in
                write(element, indentation: inner, to: &bytes)
            }
        case .object(let members):
            let sorted = members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
            nest(sorted, "{", "}", indentation, to: &bytes) { member, inner, bytes in
                quote(member.name, to: &bytes)
                bytes.append(contentsOf: (inner == nil ? ":" : ": ").utf8)
                write(member.value, indentation: inner, to: &bytes)
            }
        }
    }

    private static func nest<Element>(
        _ elements: [Element], _ open: Unicode.Scalar, _ close: Unicode.Scalar, _ indentation: Int?,
        to bytes: inout [UInt8], _ write: (Element, Int?, inout [UInt8]) -> Void
    ) {
        bytes.append(UInt8(ascii: open))
        let inner = indentation.map { $0 + 4 }
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            breakLine(inner, to: &bytes)
            write(element, inner, &bytes)
        }
        breakLine(indentation, to: &bytes)
        bytes.append(UInt8(ascii: close))
    }

    private static func breakLine(_ indentation: Int?, to bytes: inout [UInt8]) {
        guard let indentation else { return }
        bytes.append(UInt8(ascii: "\n"))
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: indentation))
    }

    private static let hexDigits = Array("0123456789abcdef".utf8)

    private static func quote(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case 0x08: bytes += [UInt8(ascii: "\\"), UInt8(ascii: "b")]
            case 0x0C: bytes += [UInt8(ascii: "\\"), UInt8(ascii: "f")]
            case 0x0A: bytes += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
            case 0x0D: bytes += [UInt8(ascii: "\\"), UInt8(ascii: "r")]
            case 0x09: bytes += [UInt8(ascii: "\\"), UInt8(ascii: "t")]
            case 0..<0x20: bytes += "\\u00".utf8 + [hexDigits[Int(byte >> 4)], hexDigits[Int(byte & 15)]]
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
