internal import Files
internal import PKI

/// The authorities this system believes, for receivers on the internet. Read anew for every request: packages bring
/// them up to date.
enum SystemRoots {
    private static let files = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem",
    ]

    /// More than any system has.
    private static let limit = 1024

    /// The certificates of the first bundle there is; empty without one. One that can't be read spoils no other.
    static func load() -> [Certificate] {
        for file in files {
            guard let text = try? SecureFile.read(file), let blocks = try? PEM.decode(text, limit: limit) else {
                continue
            }
            return blocks.filter { $0.label == "CERTIFICATE" }.compactMap { try? Certificate(der: $0.bytes) }
        }
        return []
    }
}
