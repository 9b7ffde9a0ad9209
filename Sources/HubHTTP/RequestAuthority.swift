/// `HOST[:PORT]` as a request names it (RFC 9110 section 7.2), in the form that is handed out: lower case, without a
/// final dot. The one reading of it, for links of the hub as for the rule of what a web page may ask (``OriginRule``).
package struct RequestAuthority: Sendable {
    /// Name or address; IPv6 in brackets.
    package let host: String
    /// The address when the host is one.
    package let address: SourceAddress?
    private let port: UInt16?

    /// Name or address, IPv6 without brackets.
    package var plainHost: String { host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host }

    /// Whether it names the machine it is used on.
    package var isLoopback: Bool { address?.isLoopback ?? (host == "localhost") }

    /// Host and port.
    package var text: String { port.map { "\(host):\($0)" } ?? host }

    /// - Returns: `nil` for what is not an authority: bad port, empty host, two dots at its end, user information, a
    ///   path, something after the bracket, IPv4 in brackets, IPv6 without brackets or with a zone.
    package init?(_ text: String) {
        guard text.utf8.count <= 300 else { return nil }
        let isBracketed = text.hasPrefix("[")
        guard let end = isBracketed ? text.firstIndex(of: "]").map(text.index(after:)) : Self.end(of: text) else {
            return nil
        }
        let rest = text[end...]
        guard rest.isEmpty || rest.first == ":" else { return nil }
        let digits = rest.dropFirst()
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        port = digits.isEmpty ? nil : UInt16(digits)
        guard digits.isEmpty || (port ?? 0) > 0 else { return nil }
        var host = text[..<end].lowercased()
        if host.hasSuffix(".") { host.removeLast() }
        guard !host.hasSuffix(".") else { return nil }
        address = SourceAddress(text: isBracketed ? String(host.dropFirst().dropLast()) : host)
        guard isBracketed || host.utf8.allSatisfy(Self.isOfName) else { return nil }
        guard !host.isEmpty, !isBracketed || address.map({ !$0.isIPv4 || host.contains("ffff") }) ?? false else {
            return nil
        }
        self.host = host
    }

    /// Letters in lower case, digits, and what is between them in names.
    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x61...0x7A, 0x30...0x39, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
        default: false
        }
    }

    private static func end(of text: String) -> String.Index? {
        let end = text.firstIndex(of: ":") ?? text.endIndex
        return text[end...].dropFirst().contains(":") ? nil : end
    }
}
