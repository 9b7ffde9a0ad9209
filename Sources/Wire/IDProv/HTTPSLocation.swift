package import Encoding

/// An `https` URL in the parts a client needs. Only what hubs are reached by: no user, no fragment, no other scheme.
package struct HTTPSLocation: Sendable, Equatable, Hashable {
    /// Host name or address without brackets; an IPv6 address may carry its scope (`fe80::1%eth0`).
    package let host: String
    /// TCP port.
    package let port: Int
    /// Path with query, beginning with `/`.
    package let path: String

    /// Makes a location from its parts.
    package init(host: String, port: Int, path: String) {
        self.host = host
        self.port = port
        self.path = path
    }

    /// Reads an absolute `https` URL; the port is 443 unless written, the path `/`.
    package init(parsing url: String) throws(MessageError) {
        let scheme = "https://"
        guard url.utf8.count <= 2048, url.utf8.prefix(8).map(Self.lowercase) == Array(scheme.utf8) else {
            throw .notALocation
        }
        let rest = Array(url.utf8.dropFirst(8))
        let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.count
        let authority = String(decoding: rest[..<end], as: UTF8.self)
        try self.init(authority: authority, defaultPort: 443, path: Self.checkedPath(Array(rest[end...])))
    }

    /// Reads `host`, `host:port`, `[v6]`, `[v6]:port` or a bare IPv6 address, as people type a hub's address.
    package init(authority: String, defaultPort: Int, path: String) throws(MessageError) {
        let text = Array(authority.utf8)
        var host = text[...]
        var port: ArraySlice<UInt8>?
        if text.first == UInt8(ascii: "[") {
            guard let close = text.firstIndex(of: UInt8(ascii: "]")) else { throw .notALocation }
            host = text[1..<close]
            let behind = text[(close + 1)...]
            guard behind.isEmpty || behind.first == UInt8(ascii: ":") else { throw .notALocation }
            port = behind.isEmpty ? nil : behind.dropFirst()
        } else if text.count(where: { $0 == UInt8(ascii: ":") }) == 1,
            let colon = text.firstIndex(of: UInt8(ascii: ":"))
        {
            host = text[..<colon]
            port = text[(colon + 1)...]
        }
        guard !host.isEmpty, host.count <= 255, host.allSatisfy(Self.isHostCharacter) else { throw .notALocation }
        self.host = String(decoding: host, as: UTF8.self)
        self.port = try Self.number(port) ?? defaultPort
        self.path = path
    }

    /// The URL as text.
    package var url: String {
        let name = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        return port == 443 ? "https://\(name)\(path)" : "https://\(name):\(port)\(path)"
    }

    /// True when the other location is on the same host, written alike up to the case of letters.
    package func isSameHost(as other: HTTPSLocation) -> Bool {
        host.utf8.map(Self.lowercase) == other.host.utf8.map(Self.lowercase)
    }

    /// Resolves a path or an absolute `https` URL against this location.
    package func resolving(_ reference: String) throws(MessageError) -> HTTPSLocation {
        if reference.utf8.first == UInt8(ascii: "/") {
            return HTTPSLocation(host: host, port: port, path: try Self.checkedPath(Array(reference.utf8)))
        }
        return try HTTPSLocation(parsing: reference)
    }

    /// A request target must be printable ASCII, else a stranger could write header lines into our request.
    static func checkedPath(_ bytes: [UInt8]) throws(MessageError) -> String {
        let path = bytes.first == UInt8(ascii: "/") ? bytes : [UInt8(ascii: "/")] + bytes
        guard path.count <= 1024, path.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "#") }) else {
            throw .notALocation
        }
        return String(decoding: path, as: UTF8.self)
    }

    private static func number(_ digits: ArraySlice<UInt8>?) throws(MessageError) -> Int? {
        guard let digits else { return nil }
        guard (1...5).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }),
            let value = Int(String(decoding: digits, as: UTF8.self)), (1...65535).contains(value)
        else { throw .notALocation }
        return value
    }

    private static func isHostCharacter(_ byte: UInt8) -> Bool {
        switch lowercase(byte) {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "%"): true
        default: false
        }
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte + 32 : byte
    }
}
