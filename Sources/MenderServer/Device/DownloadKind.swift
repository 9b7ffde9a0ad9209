internal import Encoding
internal import PKI
internal import Updates

/// What a link leads to, and its form as a URL's path.
enum DownloadKind: String, CaseIterable {
    /// An artifact as it was uploaded.
    case artifact
    /// A configuration, made for the device.
    case configuration

    /// What the signature covers: the kind with the number, so that a link of one kind is none of the other.
    func subject(_ id: String) -> String { "\(rawValue) \(id)" }

    /// Path and query of a link.
    func path(_ link: DownloadLink) -> String {
        let id = link.subject.split(separator: " ", maxSplits: 1).last ?? ""
        return "/\(DeviceRoutes.base)/v1/deployments/download/\(rawValue)/\(id)?device=\(Self.escape(link.deviceID))"
            + "&key=\(Self.escape(link.keyID))&expire=\(link.expiresAt)&sig=\(link.signature)"
    }

    /// Percent escapes for everything that is not plain in a query.
    private static func escape(_ text: String) -> String {
        var escaped = ""
        for byte in text.utf8 {
            let isPlain = (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || byte == 0x2D
            escaped += isPlain ? String(UnicodeScalar(byte)) : "%" + Hex.encode([byte]).uppercased()
        }
        return escaped
    }
}
