package import Encoding

/// What a device signs with a shared secret: an Erlang term `{identifier, signed_at, max_age}`.
///
/// The reader knows the five shapes of terms that occur there (a tuple of three, a binary, three forms of integers) and
/// nothing else of that format, which could otherwise make it allocate, recurse or create names.
package struct SharedSecretClaims: Sendable, Equatable {
    /// What the device calls itself; any text, whether it can be a device ID is not looked at.
    package var identifier: String
    /// When it signed, milliseconds since 1970.
    package var signedAt: Int64
    /// How long it thinks the signature is good, in seconds; the hub has a limit of its own.
    package var maxAge: Int64

    /// What known clients write as ``maxAge``: a day.
    package static let usualAge: Int64 = 86_400
    /// Longest identifier, in bytes.
    package static let identifierLimit = 256

    package init(identifier: String, signedAt: Int64, maxAge: Int64 = usualAge) {
        (self.identifier, self.signedAt, self.maxAge) = (identifier, signedAt, maxAge)
    }

    /// Reads a payload; what follows the term is refused.
    package init(parsing payload: [UInt8]) throws(MessageError) {
        var reader = TermReader(payload)
        guard reader.byte() == Term.version, reader.byte() == Term.smallTuple, reader.byte() == 3,
            let identifier = reader.text(limit: Self.identifierLimit), !identifier.isEmpty,
            let signedAt = reader.natural(), let maxAge = reader.natural(), reader.isAtEnd
        else { throw .invalidMember(SharedSecretHeaders.Name.signature) }
        self.init(identifier: identifier, signedAt: signedAt, maxAge: maxAge)
    }

    /// As Erlang writes it: each integer in its shortest form.
    package func encoded() -> [UInt8] {
        let name = Array(identifier.utf8)
        var bytes = [Term.version, Term.smallTuple, 3, Term.binary] + Self.bigEndian(UInt32(clamping: name.count))
        bytes += name
        for number in [signedAt, maxAge] { bytes += Self.integer(number) }
        return bytes
    }

    private static func integer(_ number: Int64) -> [UInt8] {
        if let small = UInt8(exactly: number) { return [Term.smallInteger, small] }
        if let medium = Int32(exactly: number) { return [Term.integer] + bigEndian(UInt32(bitPattern: medium)) }
        var magnitude: [UInt8] = []
        var rest = number.magnitude
        while rest > 0 {
            magnitude.append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
        return [Term.smallBig, UInt8(magnitude.count), number < 0 ? 1 : 0] + magnitude
    }

    private static func bigEndian(_ number: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
    }
}

/// Tags of Erlang's external term format.
private enum Term {
    static let version: UInt8 = 0x83
    static let smallTuple: UInt8 = 0x68
    static let binary: UInt8 = 0x6D
    static let smallBig: UInt8 = 0x6E
    static let smallInteger: UInt8 = 0x61
    static let integer: UInt8 = 0x62
}

private struct TermReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func byte() -> UInt8? { rest.popFirst() }

    /// A binary of at most so many bytes that are UTF-8.
    mutating func text(limit: Int) -> String? {
        guard byte() == Term.binary, let count = number(of: 4, isBigEndian: true), count <= limit,
            let bytes = take(Int(count))
        else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    /// An integer that is not negative, in any of its forms.
    mutating func natural() -> Int64? {
        switch byte() {
        case Term.smallInteger: return byte().map(Int64.init)
        case Term.integer:
            guard let bits = number(of: 4, isBigEndian: true), bits <= UInt64(Int32.max) else { return nil }
            return Int64(bits)
        case Term.smallBig:
            guard let count = byte(), (1...8).contains(count), byte() == 0,
                let number = number(of: Int(count), isBigEndian: false)
            else { return nil }
            return Int64(exactly: number)
        default: return nil
        }
    }

    private mutating func number(of count: Int, isBigEndian: Bool) -> UInt64? {
        guard let bytes = take(count) else { return nil }
        return (isBigEndian ? Array(bytes) : bytes.reversed()).reduce(0) { $0 << 8 | UInt64($1) }
    }

    private mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard count <= rest.count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }
}
