/// Reads DER element by element, for messages of strangers that are read often: certificate requests, OCSP requests.
///
/// Only single-byte tags and definite lengths in their shortest form (X.690 section 10.1); nothing recurses and nothing
/// is copied but what a caller keeps. Bytes behind what was expected are an error of the caller's: ``expectEnd()``.
struct DERReader {
    private var rest: ArraySlice<UInt8>
    private let failure: PKIError.Step

    /// One element: its content, and the whole of it with tag and length.
    struct Element {
        let tag: UInt8
        let content: ArraySlice<UInt8>
        let whole: ArraySlice<UInt8>
    }

    /// - Parameter failure: what every error of this reader says.
    init(_ bytes: ArraySlice<UInt8>, failure: PKIError.Step) {
        rest = bytes
        self.failure = failure
    }

    var isAtEnd: Bool { rest.isEmpty }

    /// Tag of the next element, `nil` at the end.
    var nextTag: UInt8? { rest.first }

    /// The next element, whatever it is.
    mutating func element() throws(PKIError) -> Element {
        let start = rest.startIndex
        guard rest.count >= 2, rest[start] & 0x1F != 0x1F else { throw PKIError(failure) }
        var content = start + 2
        var length = Int(rest[start + 1])
        if length >= 0x80 {
            let digits = length & 0x7F
            guard (1...4).contains(digits), rest.count >= 2 + digits, rest[content] != 0 else {
                throw PKIError(failure)
            }
            length = rest[content..<(content + digits)].reduce(0) { $0 << 8 | Int($1) }
            guard length >= 0x80 else { throw PKIError(failure) }
            content += digits
        }
        guard length <= rest.endIndex - content else { throw PKIError(failure) }
        let end = content + length
        let element = Element(tag: rest[start], content: rest[content..<end], whole: rest[start..<end])
        rest = rest[end...]
        return element
    }

    /// The next element, which must have this tag.
    mutating func element(_ tag: UInt8) throws(PKIError) -> Element {
        guard rest.first == tag else { throw PKIError(failure) }
        return try element()
    }

    /// A reader of the next element's content, which must have this tag.
    mutating func enter(_ tag: UInt8) throws(PKIError) -> DERReader {
        DERReader(try element(tag).content, failure: failure)
    }

    /// The next element when it has this tag; otherwise nothing is read.
    mutating func optional(_ tag: UInt8) throws(PKIError) -> Element? {
        rest.first == tag ? try element() : nil
    }

    /// Refuses bytes that nobody asked for.
    func expectEnd() throws(PKIError) {
        guard rest.isEmpty else { throw PKIError(failure) }
    }

    /// The octets of the next BIT STRING, which must fill whole octets.
    mutating func bitString() throws(PKIError) -> ArraySlice<UInt8> {
        let content = try element(0x03).content
        guard content.first == 0 else { throw PKIError(failure) }
        return content.dropFirst()
    }
}
