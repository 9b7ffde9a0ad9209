package import Encoding

/// What a device is called in a network of its own, such as a VPN: an element of `network_identity:report`
/// (docs/protocols/device-link.md 11.3).
package struct NetworkIdentity: Sendable, Equatable {
    /// `iroh`, `netbird`, `tailscale`, `wireguard`, or another word.
    package let service: String
    /// Its name there: a public key, an address.
    package let identifier: String
    /// Which of several of the same service; empty when not said.
    package let instance: String
    /// Anything more, as it came; an object.
    package let details: JSONValue

    /// Most identities of one device.
    package static let countLimit = 10
    /// Most bytes of ``details``; they are left out when there are more.
    package static let detailsLimit = 4096

    package init(service: String, identifier: String, instance: String = "", details: JSONValue = .object([])) {
        self.service = service
        self.identifier = identifier
        self.instance = instance
        self.details = details
    }

    /// - Returns: `nil` without service or identifier.
    package init?(_ value: JSONValue) {
        guard let service = value["service"]?.string, !service.isEmpty, let identifier = value["identifier"]?.string,
            !identifier.isEmpty
        else { return nil }
        let details = value["details"].flatMap { details in
            details.members != nil && details.encoded().count <= Self.detailsLimit ? details : nil
        }
        self.init(
            service: KeptText.of(service, limit: KeptText.nameLimit), identifier: KeptText.of(identifier),
            instance: KeptText.of(value["instance"]?.string ?? "", limit: KeptText.nameLimit),
            details: details ?? .object([]))
    }

    /// Those of a message, of which the first ``countLimit`` are taken; `nil` when it is no report.
    package static func identities(_ payload: JSONValue) -> [NetworkIdentity]? {
        payload["identities"]?.array.map { elements in
            elements.prefix(countLimit).compactMap(NetworkIdentity.init)
        }
    }

    /// Whether two are of the same service and instance: a device repeats only those that changed.
    package func isSame(as other: NetworkIdentity) -> Bool {
        service.utf8.elementsEqual(other.service.utf8) && instance.utf8.elementsEqual(other.instance.utf8)
    }

    /// The identity as ``init(_:)`` reads it.
    package var json: JSONValue {
        .object([
            .init("service", .string(service)), .init("identifier", .string(identifier)),
            .init("instance", .string(instance)), .init("details", details),
        ])
    }
}
