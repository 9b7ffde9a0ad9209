internal import Encoding

/// A distinguished name as clients write it, for comparing: types and folded text, not DER.
///
/// Clients encode the same name in different string types (strongSwan turns UTF8String into PrintableString), so names
/// are equal when their attributes are the same after folding case and white space (RFC 5280 section 7.1).
package struct SubjectName: Sendable, Equatable {
    /// One attribute of a relative distinguished name.
    struct Attribute: Sendable, Equatable {
        let identifier: [UInt8]
        let text: String

        static func == (one: Attribute, other: Attribute) -> Bool {
            one.identifier == other.identifier
                && (one.text == other.text || SubjectName.fold(one.text) == SubjectName.fold(other.text))
        }
    }

    let attributes: [Attribute]

    /// Every common name in it, as written.
    package var commonNames: [String] {
        attributes.filter { $0.identifier == [0x55, 0x04, 0x03] }.map(\.text)
    }

    /// Most attributes of a name.
    private static let limit = 32

    /// Reads a Name (RFC 5280 section 4.1.2.4) in DER.
    ///
    /// - Throws: ``PKIError/Step/readRequest``.
    package init(reading der: ArraySlice<UInt8>) throws(PKIError) {
        var outer = DERReader(der, failure: .readRequest)
        var names = try outer.enter(0x30)
        try outer.expectEnd()
        var attributes: [Attribute] = []
        while !names.isAtEnd {
            var set = try names.enter(0x31)
            while !set.isAtEnd {
                guard attributes.count < Self.limit else { throw PKIError(.readRequest) }
                var pair = try set.enter(0x30)
                let identifier = Array(try pair.element(0x06).content)
                let text = Self.text(try pair.element())
                try pair.expectEnd()
                attributes.append(Attribute(identifier: identifier, text: text))
            }
        }
        self.attributes = attributes
    }

    /// The subject of a certificate.
    package init(_ certificate: Certificate) throws(PKIError) {
        try self.init(reading: certificate.subjectDER[...])
    }

    private static func text(_ value: DERReader.Element) -> String {
        switch value.tag {
        case 0x0C, 0x12, 0x13, 0x16: String(decoding: value.content, as: UTF8.self)
        case 0x14: String(String.UnicodeScalarView(value.content.map { Unicode.Scalar($0) }))
        case 0x1E where value.content.count.isMultiple(of: 2):
            String(
                decoding: stride(from: value.content.startIndex, to: value.content.endIndex, by: 2).map { index in
                    UInt16(value.content[index]) << 8 | UInt16(value.content[index + 1])
                }, as: UTF16.self)
        // Nothing the product writes; two equal encodings are still equal.
        default: "#" + Hex.encode(Array(value.whole))
        }
    }

    static func fold(_ text: String) -> String {
        text.split(whereSeparator: \.isWhitespace).joined(separator: " ").lowercased()
    }
}
