internal import Encoding

/// What a certificate says that lets its holder into a device through a tunnel.
package enum TunnelName {
    private static let prefix = "urn:latchkey:tunnel:"

    /// Alternative name of such a certificate. Every character of the ID other than letters and digits is written as
    /// its bytes.
    package static func uri(of deviceID: String) -> String {
        let escaped = deviceID.utf8.map { byte -> String in
            let isPlain = (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
            return isPlain ? String(UnicodeScalar(byte)) : "%" + Hex.encode([byte])
        }
        return prefix + escaped.joined()
    }

    /// Whether a URI is such a name, of whatever device.
    package static func isValid(_ uri: String) -> Bool {
        uri.lowercased().hasPrefix(prefix)
    }
}

extension Certificate {
    /// Whether it is for the way inside a tunnel: good for the one device it names, and for nothing at the hub.
    package var isForTunnel: Bool { uris.contains(where: TunnelName.isValid) }
}
