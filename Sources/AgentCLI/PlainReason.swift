/// Reasons that libraries and the hub's tunnel proxy give, in words that say what is the matter.
enum PlainReason {
    /// Why there is no tunnel.
    ///
    /// - Parameter device: ID of this device.
    static func tunnel(_ reason: String, device: String) -> String {
        if reason.contains("TunnelProxyErrorAlreadyRegistered") {
            return "another agent runs as \(device); end it, or reset the copy of its folder"
        }
        if reason.contains("offers no service tunnelProxy") {
            return "the hub's tunnel proxy is off; its operator sets tunnel.enabled and listen.proxyTCP"
        }
        return certificate(reason)
    }

    /// A TLS alert about our certificate, which the TLS library tells by file and line.
    static func certificate(_ text: String) -> String {
        guard let start = text.firstRange(of: "TLS failed: sslError(["),
            let end = text[start.upperBound...].firstRange(of: "])")
        else { return text }
        let alert = text[start.upperBound..<end.lowerBound]
        guard alert.contains("_ALERT_"), alerts.contains(where: { alert.contains($0) }) else { return text }
        return text[..<start.lowerBound] + "the hub refuses this certificate; it has expired or was revoked"
            + text[end.upperBound...]
    }

    private static let alerts = ["CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED"]
}
