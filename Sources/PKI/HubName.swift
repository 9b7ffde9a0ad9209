/// What a certificate says that makes its holder the hub.
///
/// The site's authority signs servers of others as well, and a device reaches its hub by whatever address it finds:
/// neither chain nor name tells the hub from a broker. The mark does, and ``ReservedName`` keeps it from everybody
/// else.
package enum HubName {
    /// Alternative name of the hub's own certificate.
    package static let uri = "urn:latchkey:hub"
}

/// How far a server's certificate is the hub's own, once its chain is verified.
package enum HubRecognition: Sendable, Equatable {
    /// It bears the mark.
    case marked
    /// It was made by a release without the mark: it names no role, which everybody else's does.
    case oldForm
    case other

    package init(_ certificate: Certificate) {
        let units = certificate.subject.organizationalUnits
        guard !units.contains(where: Self.roles.contains) else {
            self = .other
            return
        }
        self = certificate.uris.contains(HubName.uri) ? .marked : units.isEmpty ? .oldForm : .other
    }

    /// The OUs that name a role (docs/authorization.md): their holder is never the hub, whatever else is in the
    /// certificate.
    package static let roles: Set<String> = ["iotdevice", "client", "service", "plugin", "admin"]
}

/// Alternative names that mean something to Latchkey: they are put in by the hub for one purpose each, and by nobody's
/// request.
package enum ReservedName {
    private static let prefix = "urn:latchkey:"

    /// Whether a URI is one, in whatever case.
    package static func contains(_ uri: String) -> Bool {
        uri.lowercased().hasPrefix(prefix)
    }
}
