internal import Encoding

/// The URI of a private key in a PKCS#11 token (RFC 7512), in the part of the syntax that every way to the token
/// understands.
///
/// Where module and PIN come from is split off: what is left of the URI names the key alone and may be shown and
/// logged.
package struct TokenURI: Sendable, Equatable, CustomStringConvertible {
    /// The key alone: `pkcs11:token=site;object=ca;type=private`.
    package let description: String
    /// The PKCS#11 library to load, `module-path`; `nil`: the configured one, else the system's.
    package let modulePath: String?
    /// The file with the PIN, `pin-source`; `nil` when the URI names none.
    package let pinFile: String?

    private static let limit = 1024
    private static let prefix = "pkcs11:"
    private static let attributes: Set<Substring> = [
        "token", "serial", "manufacturer", "model", "object", "id", "type",
    ]

    /// Whether a text is meant as such a URI; the rest of it may be wrong.
    package static func hasScheme(_ text: String) -> Bool { text.lowercased().hasPrefix(prefix) }

    /// Reads a URI. It must name one token (`token` or `serial`) and one key (`object` or `id`): a library asked for
    /// less would take the first it finds.
    ///
    /// - Throws: ``PKIError/Step/tokenURI`` with the reason, which never repeats a value: it may be a PIN.
    package init(_ text: String) throws(PKIError) {
        guard text.utf8.count <= Self.limit, Self.hasScheme(text) else { throw Self.error("it is not a pkcs11: URI") }
        let parts = text.dropFirst(Self.prefix.count).split(
            separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var path = try Self.pairs(parts[0], separator: ";")
        for (name, value) in path {
            guard Self.attributes.contains(name) else {
                throw Self.error("it may hold token, serial, manufacturer, model, object, id and type, nothing else")
            }
            guard name != "type" || value == "private" else { throw Self.error("its type must be private") }
        }
        guard path["token"] != nil || path["serial"] != nil else { throw Self.error("it names no token") }
        guard path["object"] != nil || path["id"] != nil else { throw Self.error("it names no object or id") }
        path["type"] = "private"
        description =
            Self.prefix
            + path.sorted { Self.order($0.key) < Self.order($1.key) }
            .map { "\($0.key)=\($0.value)" }.joined(separator: ";")

        let query = parts.count > 1 ? try Self.pairs(parts[1], separator: "&") : [:]
        guard query["pin-value"] == nil else {
            throw Self.error("it must hold no PIN; put the PIN into a file and name that with pin-source")
        }
        guard query.keys.allSatisfy({ $0 == "module-path" || $0 == "pin-source" }) else {
            throw Self.error("behind the question mark only module-path and pin-source are known")
        }
        modulePath = try query["module-path"].map { value throws(PKIError) in try Self.file(value, "module-path") }
        pinFile = try query["pin-source"].map { value throws(PKIError) in
            try Self.file(value.hasPrefix("file:") ? value.dropFirst(5) : value[...], "pin-source")
        }
    }

    private static func error(_ reason: String) -> PKIError { PKIError(.tokenURI, reason: reason) }

    private static func order(_ name: Substring) -> Int {
        ["token", "serial", "manufacturer", "model", "object", "id"].firstIndex(of: name) ?? 9
    }

    private static func pairs(
        _ text: Substring, separator: Character
    ) throws(PKIError) -> [Substring: Substring] {
        var pairs: [Substring: Substring] = [:]
        for pair in text.split(separator: separator) {
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard halves.count == 2, !halves[1].isEmpty, decoded(halves[1]) != nil else {
                throw error("it holds something that is not name=value, or whose % escapes are wrong")
            }
            guard pairs.updateValue(halves[1], forKey: halves[0]) == nil else {
                throw error("it names an attribute twice")
            }
        }
        return pairs
    }

    private static func file(_ value: Substring, _ name: String) throws(PKIError) -> String {
        guard let path = decoded(value), path.hasPrefix("/") else {
            throw error("\(name) must be the absolute path of a file")
        }
        return path
    }

    /// `%2F` and the like; `nil` for anything but visible ASCII, a broken escape, or a NUL.
    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte > 0x20, byte < 0x7F else { return nil }
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = Hex.decode(String(decoding: rest.prefix(2), as: UTF8.self))?.first,
                value != 0
            else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
