internal import Encoding

/// One `-----BEGIN …-----` block.
package struct PEMBlock: Sendable, Equatable {
    /// `CERTIFICATE`, `PUBLIC KEY`.
    package let label: String
    /// What the base64 holds.
    package let bytes: [UInt8]
}

/// Text armour of RFC 7468.
package enum PEM {
    /// Longest text that is read.
    package static let textLimit = 1 << 20
    /// Most blocks that are read unless the caller expects more.
    package static let blockLimit = 64

    /// One block with lines of 64 characters.
    package static func encode(label: String, _ der: [UInt8]) -> String {
        "-----BEGIN \(label)-----\n" + Base64.encode(der, lineLength: 64) + "-----END \(label)-----\n"
    }

    /// All blocks of a text, `limit` at most; what is between them is ignored.
    package static func decode(_ text: String, limit: Int = blockLimit) throws(PKIError) -> [PEMBlock] {
        guard text.utf8.count <= textLimit else { throw PKIError(.readPEM) }
        var blocks: [PEMBlock] = []
        var open: (label: ArraySlice<UInt8>, digits: [UInt8])?
        for line in Array(text.utf8).split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
            if let current = open {
                if let label = label(of: line, end) {
                    guard label == current.label, let bytes = Base64.decode(current.digits), blocks.count < limit
                    else { throw PKIError(.readPEM) }
                    blocks.append(PEMBlock(label: String(decoding: label, as: UTF8.self), bytes: bytes))
                    open = nil
                } else {
                    open?.digits += line.last == 0x20 ? line.filter { $0 != 0x20 } : Array(line)
                }
            } else if let label = label(of: line, begin) {
                open = (label, [])
            }
        }
        guard open == nil else { throw PKIError(.readPEM) }
        return blocks
    }

    private static let begin = Array("-----BEGIN ".utf8)
    private static let end = Array("-----END ".utf8)
    private static let dashes = Array("-----".utf8)

    private static func label(of line: ArraySlice<UInt8>, _ start: [UInt8]) -> ArraySlice<UInt8>? {
        guard line.starts(with: start) else { return nil }
        var line = line
        while line.last == 0x20 || line.last == 0x09 { line.removeLast() }
        guard line.count >= start.count + 5, line.suffix(5).elementsEqual(dashes) else { return nil }
        return line.dropFirst(start.count).dropLast(5)
    }
}
