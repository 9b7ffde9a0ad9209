package import Encoding

/// An extension of the device link that the hub knows (docs/protocols/device-link.md 11.3).
package enum LinkExtension: String, Sendable, CaseIterable {
    case health, geo, logging
    case networkIdentity = "network_identity"

    /// Its name on the wire.
    package var name: String { rawValue }

    /// What the hub speaks, the newest first.
    package var versions: [String] { self == .logging ? ["0.1.0", "0.0.1"] : ["0.0.1"] }

    /// The event by which the hub asks the device; `nil` where the device tells by itself.
    var request: String? {
        switch self {
        case .health: "health:check"
        case .geo: "geo:location:request"
        case .networkIdentity: "network_identity:request"
        case .logging: nil
        }
    }

    /// The payload of `extensions:get` on the topic `device` that offers some of them.
    package static func advertisement(_ offered: some Sequence<LinkExtension>) -> JSONValue {
        let offered = Set(offered)
        let members = allCases.filter(offered.contains).map { one in
            JSONValue.Member(one.name, .array(one.versions.map(JSONValue.string)))
        }
        return .object([.init("extensions", .object(members))])
    }
}

/// What an operator sets of the extensions.
package struct ExtensionSettings: Sendable, Equatable {
    /// Which of them devices may use.
    package var offered = Set(LinkExtension.allCases)
    /// Minutes between two questions for a device's health; 0 for one at the beginning only.
    package var healthMinutes = 60
    /// Minutes between two questions for a device's location; 0 for one at the beginning only.
    package var locationMinutes = 0

    package init() {}

    /// How long after a question the next one follows; `nil` for never.
    func interval(of one: LinkExtension) -> Duration? {
        let minutes =
            switch one {
            case .health: healthMinutes
            case .geo: locationMinutes
            case .logging, .networkIdentity: 0
            }
        return minutes > 0 ? .seconds(60 * minutes) : nil
    }
}
