internal import Encoding

/// What `meta.conf` is made of.
enum MetaToken: Equatable {
    case word(MetaWord)
    case equals, plusEquals, comma, open, close, openArguments, closeArguments
    case end
}

/// A bare word or a quoted text.
struct MetaWord: Equatable {
    var text: String
    var isQuoted: Bool
    /// Whether a reader of the kind that fwup has would put a variable of its environment there.
    var namesEnvironment = false
}

/// Reads the words and signs of `meta.conf` (18.2), stricter than fwup: what two readers might take in two ways is an
/// error.
struct MetaScanner {
    private let bytes: [UInt8]
    private var place = 0
    /// Line of the last token, from 1.
    private(set) var line = 1

    /// - Parameter bytes: valid UTF-8 without NUL.
    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func failure(_ reason: String) -> FirmwareError { .metadata(line: line, reason) }

    mutating func next() throws(FirmwareError) -> MetaToken {
        try skipSpace()
        guard let byte = peek else { return .end }
        switch byte {
        case UInt8(ascii: "\""): return .word(try doubleQuoted())
        case UInt8(ascii: "'"): return .word(try singleQuoted())
        case UInt8(ascii: "="): return sign(.equals)
        case UInt8(ascii: ","): return sign(.comma)
        case UInt8(ascii: "{"): return sign(.open)
        case UInt8(ascii: "}"): return sign(.close)
        case UInt8(ascii: "("): return sign(.openArguments)
        case UInt8(ascii: ")"): return sign(.closeArguments)
        case UInt8(ascii: "+"):
            place += 1
            guard peek == UInt8(ascii: "=") else { throw failure("+ is not followed by =") }
            return sign(.plusEquals)
        default: return .word(try bare())
        }
    }

    private var peek: UInt8? { place < bytes.count ? bytes[place] : nil }

    private mutating func sign(_ token: MetaToken) -> MetaToken {
        place += 1
        return token
    }

    private mutating func advance() -> UInt8? {
        guard let byte = peek else { return nil }
        place += 1
        if byte == 0x0A { line += 1 }
        return byte
    }

    /// Spaces and comments.
    private mutating func skipSpace() throws(FirmwareError) {
        while let byte = peek {
            let isSlash = byte == UInt8(ascii: "/") && place + 1 < bytes.count
            if byte == 0x20 || (0x09...0x0D).contains(byte) {
                _ = advance()
            } else if byte == UInt8(ascii: "#") || isSlash && bytes[place + 1] == UInt8(ascii: "/") {
                while let next = peek, next != 0x0A { place += 1 }
            } else if isSlash, bytes[place + 1] == UInt8(ascii: "*") {
                place += 2
                var last: UInt8 = 0
                while let next = advance(), !(last == UInt8(ascii: "*") && next == UInt8(ascii: "/")) { last = next }
                guard place >= 2, bytes[place - 1] == UInt8(ascii: "/"), bytes[place - 2] == UInt8(ascii: "*") else {
                    throw failure("a comment does not end")
                }
            } else {
                return
            }
        }
    }

    private mutating func bare() throws(FirmwareError) -> MetaWord {
        let start = place
        while let byte = peek, byte > 0x20, byte != 0x7F, !Self.endsWord.contains(byte) { place += 1 }
        guard place > start else { throw failure("there is a character that needs quotes") }
        // A bare word that goes on with a brace would be a variable of the environment.
        guard bytes[place - 1] != UInt8(ascii: "$") || peek != UInt8(ascii: "{") else {
            throw failure("it names a variable of the environment")
        }
        return MetaWord(text: String(decoding: bytes[start..<place], as: UTF8.self), isQuoted: false)
    }

    /// `#"'={}()+,*`, and the backslash, which bare words can't have.
    private static let endsWord: Set<UInt8> = Set("#\"'={}()+,*\\".utf8)

    private mutating func singleQuoted() throws(FirmwareError) -> MetaWord {
        place += 1
        var text: [UInt8] = []
        while let byte = advance() {
            if byte == UInt8(ascii: "'") { return try word(text, namesEnvironment: false) }
            guard byte == UInt8(ascii: "\\") else {
                text.append(byte)
                continue
            }
            switch advance() {
            case UInt8(ascii: "\\"): text.append(UInt8(ascii: "\\"))
            case UInt8(ascii: "'"): text.append(UInt8(ascii: "'"))
            case 0x0A: break
            default: throw failure("a backslash in single quotes stands before another character than \\ and '")
            }
        }
        throw failure("a text does not end")
    }

    private mutating func doubleQuoted() throws(FirmwareError) -> MetaWord {
        place += 1
        var (text, namesEnvironment) = ([UInt8](), false)
        while let byte = advance() {
            if byte == UInt8(ascii: "\"") { return try word(text, namesEnvironment: namesEnvironment) }
            if byte == UInt8(ascii: "\\") {
                try escape(&text)
                continue
            }
            if byte == UInt8(ascii: "$"), peek == UInt8(ascii: "{") { namesEnvironment = true }
            text.append(byte)
        }
        throw failure("a text does not end")
    }

    private mutating func escape(_ text: inout [UInt8]) throws(FirmwareError) {
        guard let byte = advance() else { throw failure("a text does not end") }
        switch byte {
        case 0x0A: break
        case UInt8(ascii: "x"):
            let digits = Array(bytes[place...].prefix(2).prefix { UTF8Sequence.hexDigit($0) != nil })
            guard !digits.isEmpty else { throw failure("\\x is not followed by hexadecimal digits") }
            place += digits.count
            text.append(digits.reduce(0) { $0 << 4 | (UTF8Sequence.hexDigit($1) ?? 0) })
        case UInt8(ascii: "0")...UInt8(ascii: "7"):
            let digits = [byte] + bytes[place...].prefix(2).prefix { (0x30...0x37).contains($0) }
            place += digits.count - 1
            guard let value = UInt8(exactly: digits.reduce(0) { $0 << 3 | Int($1 & 7) }) else {
                throw failure("an octal number is larger than a byte")
            }
            text.append(value)
        default: text.append(Self.escapes[byte] ?? byte)
        }
    }

    private static let escapes: [UInt8: UInt8] = [
        UInt8(ascii: "n"): 0x0A, UInt8(ascii: "r"): 0x0D, UInt8(ascii: "t"): 0x09, UInt8(ascii: "b"): 0x08,
        UInt8(ascii: "f"): 0x0C, UInt8(ascii: "a"): 0x07, UInt8(ascii: "e"): 0x1B, UInt8(ascii: "v"): 0x0B,
    ]

    private func word(_ bytes: [UInt8], namesEnvironment: Bool) throws(FirmwareError) -> MetaWord {
        guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
            throw failure("a text is not UTF-8, or has a NUL")
        }
        return MetaWord(text: text, isQuoted: true, namesEnvironment: namesEnvironment)
    }
}
