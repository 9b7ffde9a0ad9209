/// Reads one JSON document from left to right without building a tree.
///
/// Strict about the grammar of RFC 8259 (no comments, no trailing comma, no byte order mark, nothing behind the
/// document), forgiving about text: bytes that are not UTF-8 and lone surrogates become U+FFFD, one for each bad byte
/// or escape (docs/protocols/idprov.md 7), so that reader and signer of a message see the same characters.
package struct JSONScanner {
    let bytes: [UInt8]
    let limits: JSONLimits
    /// The next byte to read.
    package internal(set) var position = 0
    private var depth = 0
    private var values = 0

    /// Starts at the first byte of `bytes`; throws ``MessageError/tooLarge(limit:)``.
    package init(_ bytes: [UInt8], limits: JSONLimits = .message) throws(MessageError) {
        guard bytes.count <= limits.bytes else { throw .tooLarge(limit: limits.bytes) }
        self.bytes = bytes
        self.limits = limits
    }

    /// What kind of value begins at the next byte that is not white space.
    package enum Kind: Sendable, Equatable {
        case object, array, string, number, bool, null
    }

    /// Looks at the next value without reading it.
    package mutating func peek() throws(MessageError) -> Kind {
        guard let byte = skipSpace() else { throw fault() }
        switch byte {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
        case UInt8(ascii: "n"): return .null
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        default: throw fault()
        }
    }

    /// Reads an object; `member` is called with each name and must read its value (``skipValue()`` at least).
    package mutating func readObject(
        _ member: (_ name: String, _ scanner: inout JSONScanner) throws(MessageError) -> Void
    ) throws(MessageError) {
        try enter(UInt8(ascii: "{"))
        if skipSpace() == UInt8(ascii: "}") { return leave() }
        while true {
            _ = skipSpace()
            let name = try readRawString()
            guard skipSpace() == UInt8(ascii: ":") else { throw fault() }
            position += 1
            try member(name, &self)
            switch skipSpace() {
            case UInt8(ascii: ","): position += 1
            case UInt8(ascii: "}"): return leave()
            default: throw fault()
            }
        }
    }

    /// Reads an array; `element` is called at each value and must read it.
    package mutating func readArray(
        _ element: (_ scanner: inout JSONScanner) throws(MessageError) -> Void
    ) throws(MessageError) {
        try enter(UInt8(ascii: "["))
        if skipSpace() == UInt8(ascii: "]") { return leave() }
        while true {
            try element(&self)
            switch skipSpace() {
            case UInt8(ascii: ","): position += 1
            case UInt8(ascii: "]"): return leave()
            default: throw fault()
            }
        }
    }

    /// Reads a string and decodes its escapes.
    package mutating func readString() throws(MessageError) -> String {
        try count()
        _ = skipSpace()
        return try readRawString()
    }

    /// Reads `true` or `false`.
    package mutating func readBool() throws(MessageError) -> Bool {
        try count()
        if skipSpace() == UInt8(ascii: "t") {
            try expect("true")
            return true
        }
        try expect("false")
        return false
    }

    /// Reads `null`.
    package mutating func readNull() throws(MessageError) {
        try count()
        _ = skipSpace()
        try expect("null")
    }

    /// Reads any value and drops it.
    package mutating func skipValue() throws(MessageError) {
        switch try peek() {
        case .object: try readObject { _, scanner throws(MessageError) in try scanner.skipValue() }
        case .array: try readArray { scanner throws(MessageError) in try scanner.skipValue() }
        case .string: _ = try readString()
        case .number: _ = try readNumber()
        case .bool: _ = try readBool()
        case .null: try readNull()
        }
    }

    /// Throws unless nothing but white space is left.
    package mutating func finish() throws(MessageError) {
        guard skipSpace() == nil else { throw fault() }
    }

    // MARK: - Pieces

    func fault() -> MessageError {
        .notJSON(offset: position)
    }

    /// Moves to the next byte that is not white space and returns it, nil at the end.
    mutating func skipSpace() -> UInt8? {
        while position < bytes.count {
            let byte = bytes[position]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
            position += 1
        }
        return nil
    }

    /// Counts one value against the limit.
    mutating func count() throws(MessageError) {
        values += 1
        guard values <= limits.values else { throw .tooManyValues(limit: limits.values) }
    }

    private mutating func enter(_ bracket: UInt8) throws(MessageError) {
        try count()
        guard skipSpace() == bracket else { throw fault() }
        depth += 1
        guard depth <= limits.depth else { throw .tooDeep(limit: limits.depth) }
        position += 1
    }

    private mutating func leave() {
        depth -= 1
        position += 1
    }

    private mutating func expect(_ word: StaticString) throws(MessageError) {
        for expected in word.description.utf8 {
            guard position < bytes.count, bytes[position] == expected else { throw fault() }
            position += 1
        }
    }
}
