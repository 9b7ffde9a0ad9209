internal import Encoding

/// Reads the members of one flat message: known ones once at most, unknown ones skipped, `null` like absent.
struct MessageReader {
    private let names: [String]
    private var texts: [String?]
    private var seen: [Bool]

    /// Reads `body`, whose string members of interest are `names`. Other members go to `other`, which must read the
    /// value and say so by returning true.
    init(
        _ body: [UInt8], names: [String], limits: JSONLimits,
        other: (String, inout JSONScanner) throws(MessageError) -> Bool = { _, _ throws(MessageError) in false }
    ) throws(MessageError) {
        self.names = names
        texts = Array(repeating: nil, count: names.count)
        seen = Array(repeating: false, count: names.count)
        var scanner = try JSONScanner(body, limits: limits)
        guard try scanner.peek() == .object else { throw .notAnObject }
        try scanner.readObject { name, scanner throws(MessageError) in
            guard let index = self.names.firstIndex(where: name.names) else {
                if try !other(name, &scanner) { try scanner.skipValue() }
                return
            }
            if seen[index] { throw .duplicateMember(self.names[index]) }
            seen[index] = true
            switch try scanner.peek() {
            case .string: texts[index] = try scanner.readString()
            case .null: try scanner.readNull()
            default: throw .wrongType(self.names[index])
            }
        }
        try scanner.finish()
    }

    /// The text of member `index`, empty when absent.
    func text(_ index: Int) -> String {
        texts[index] ?? ""
    }

    /// The text of member `index`; throws when absent or empty.
    func required(_ index: Int) throws(MessageError) -> String {
        guard let text = texts[index], !text.isEmpty else { throw .missingMember(names[index]) }
        return text
    }
}

/// The reading of a signed message that takes the bytes as received (docs/protocols/idprov.md 7).
enum RawReading {
    /// Returns `body` with the content of the first top-level `signature` removed, byte for byte otherwise; nil when
    /// there is none, when it is not a string, or when the body is not a JSON object. A second one makes the message
    /// unreadable for the parsers (``MessageError/duplicateMember(_:)``), so "first" and "the parsed one" are always
    /// the same value.
    static func blankingSignature(in body: [UInt8], limits: JSONLimits) -> [UInt8]? {
        var content: Range<Int>?
        do throws(MessageError) {
            var scanner = try JSONScanner(body, limits: limits)
            try scanner.readObject { name, scanner throws(MessageError) in
                guard content == nil, name.names("signature") else { return try scanner.skipValue() }
                let isString = try scanner.peek() == .string
                let start = scanner.position + 1
                try scanner.skipValue()
                content = isString ? start..<scanner.position - 1 : 0..<0
            }
            try scanner.finish()
        } catch {
            return nil
        }
        guard let content, content.lowerBound > 0 else { return nil }
        var blanked = body
        blanked.removeSubrange(content)
        return blanked
    }
}
