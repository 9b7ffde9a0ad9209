internal import CQREncode

/// A QR code as a square of dark and light modules, made by libqrencode.
struct QRCode: Sendable {
    /// Modules along one side.
    let size: Int
    private let modules: [Bool]

    /// Encodes a text with error correction M (15 %); `nil` when it is too long.
    init?(_ text: String) {
        guard let code = unsafe QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M) else { return nil }
        defer { unsafe QRcode_free(code) }
        let side = unsafe Int(code.pointee.width)
        size = side
        modules = (0..<(side * side)).map { unsafe code.pointee.data[$0] & 1 == 1 }
    }

    /// Whether the module is dark.
    subscript(row: Int, column: Int) -> Bool { modules[row * size + column] }

    /// Horizontal runs of dark modules: row, first column, length.
    var runs: [(row: Int, column: Int, length: Int)] {
        var runs: [(row: Int, column: Int, length: Int)] = []
        for row in 0..<size {
            var column = 0
            while column < size {
                let start = column
                while column < size, self[row, column] { column += 1 }
                if column > start { runs.append((row, start, column - start)) }
                column += 1
            }
        }
        return runs
    }
}

/// The content of a label's QR code: `latchkey:ID?s=SECRET`, both percent-encoded.
enum LabelPayload {
    static func text(deviceID: String, secret: String) -> String {
        "latchkey:\(escape(deviceID))?s=\(escape(secret))"
    }

    private static func escape(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            let scalar = Unicode.Scalar(byte)
            let isPlain =
                byte < 0x80
                && (scalar.properties.isAlphabetic || (0x30...0x39).contains(byte)
                    || "-._~".unicodeScalars.contains(scalar))
            result += isPlain ? String(scalar) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }
        return result
    }
}
