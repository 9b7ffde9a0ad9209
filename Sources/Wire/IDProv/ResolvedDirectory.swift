package import Encoding

/// A directory whose endpoints are complete URLs, checked against the place it was fetched from.
package struct ResolvedDirectory: Sendable, Equatable {
    /// URL of the directory itself.
    package let directory: String
    /// URL template of the status call.
    package let status: String
    /// URL at which secrets are posted.
    package let postOobSecret: String
    /// URL at which provisioning requests are posted.
    package let postProvisionRequest: String
    /// Further calls by name; those that are not a valid location are left out.
    package let additional: [String: String]
    /// CA certificate, PEM; nil only when a CA is pinned.
    package let caCert: String?
    /// Name → URL.
    package let services: [String: String]

    /// URL of the status call for one device, its ID percent-encoded (RFC 3986).
    package func status(of deviceID: String) -> String {
        guard let place = status.range("{deviceID}") else { return status }
        return String(status[..<place.lowerBound]) + PercentEncoding.encode(deviceID) + status[place.upperBound...]
    }
}

extension Directory {
    /// Makes the endpoints absolute against the URL the document came from (docs/protocols/idprov.md 3).
    ///
    /// While no CA is `pinned` the document is not authenticated: an endpoint on another host, or a missing `caCert`,
    /// is refused, so that a device never follows a stranger's pointer. A scheme other than `https` is refused always.
    package func resolved(fetchedFrom url: String, pinned: Bool) throws(MessageError) -> ResolvedDirectory {
        let base = try HTTPSLocation(parsing: url)
        guard pinned || caCert != nil else { throw .missingMember("caCert") }
        func absolute(_ reference: String, _ name: String) throws(MessageError) -> String {
            let location: HTTPSLocation
            do throws(MessageError) {
                location = try Self.resolve(reference, against: base)
            } catch {
                throw .foreignEndpoint(name)
            }
            guard pinned || location.isSameHost(as: base) else { throw .foreignEndpoint(name) }
            return location.url.replacingEncodedBraces
        }
        var further: [String: String] = [:]
        for (name, reference) in endpoints.additional { further[name] = try? absolute(reference, name) }
        return ResolvedDirectory(
            directory: try absolute(endpoints.directory, "directory"), status: try absolute(endpoints.status, "status"),
            postOobSecret: try absolute(endpoints.postOobSecret, "postOobSecret"),
            postProvisionRequest: try absolute(endpoints.postProvisionRequest, "postProvisionRequest"),
            additional: further, caCert: caCert, services: services)
    }

    private static func resolve(_ reference: String, against base: HTTPSLocation) throws(MessageError) -> HTTPSLocation
    {
        if reference.range("://") == nil, reference.utf8.first != UInt8(ascii: "/") {
            return try base.resolving("/" + reference)
        }
        return try base.resolving(reference)
    }
}

extension String {
    /// The first place of `part`.
    func range(_ part: String) -> Range<String.Index>? {
        let pattern = Array(part.utf8)
        var start = startIndex
        while start < endIndex {
            if self[start...].utf8.starts(with: pattern) {
                return start..<utf8.index(start, offsetBy: pattern.count)
            }
            start = utf8.index(after: start)
        }
        return nil
    }

    /// Braces of a template stay readable when a hub percent-encoded them.
    fileprivate var replacingEncodedBraces: String {
        guard let place = range("%7BdeviceID%7D") else { return self }
        return self[..<place.lowerBound] + "{deviceID}" + self[place.upperBound...]
    }
}
