package import Wire

/// Where a webhook's URL leads, in the parts a client needs.
package struct WebhookTarget: Sendable, Equatable {
    /// Whether the connection is TLS.
    package let isSecure: Bool
    /// Host, port and path; also of a plain URL.
    package let location: HTTPSLocation

    /// Reads `https://…`, or `http://…` to a host that is not known to be public.
    ///
    /// A host given by name is looked at again when its address is known: see ``NetworkAddress/isPrivate(_:)``.
    /// - Throws: ``JournalError/invalidWebhook(reason:)``.
    package init(_ url: String, allowsHTTP: Bool) throws(JournalError) {
        guard url.utf8.count <= WebhookLimits.urlBytes else {
            throw .invalidWebhook(reason: "a URL has at most \(WebhookLimits.urlBytes) bytes")
        }
        if url.lowercased().hasPrefix("http://") {
            guard allowsHTTP else {
                throw .invalidWebhook(reason: "plain http needs --allow-http, and a loopback or private host")
            }
            location = try Self.plain(url.dropFirst(7))
            isSecure = false
            guard !NetworkAddress.isAddress(location.host) || NetworkAddress.isPrivate(location.host) else {
                throw .invalidWebhook(reason: "plain http goes to loopback and private addresses only")
            }
        } else {
            guard let location = try? HTTPSLocation(parsing: url) else {
                throw .invalidWebhook(reason: "a URL is https://host[:port][/path], without user and fragment")
            }
            self.location = location
            isSecure = true
        }
    }

    private static func plain(_ rest: Substring) throws(JournalError) -> HTTPSLocation {
        guard let location = try? HTTPSLocation(parsing: "https://" + rest) else {
            throw .invalidWebhook(reason: "a URL is http://host[:port][/path], without user and fragment")
        }
        // 443 is what the other scheme means without a port.
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard location.port == 443, !authority.hasSuffix(":443") else { return location }
        return HTTPSLocation(host: location.host, port: 80, path: location.path)
    }
}
