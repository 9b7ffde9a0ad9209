package import Encoding

/// The network interface over which a device is connected: `report_network_interface`
/// (docs/protocols/device-link.md 6.4).
package struct LinkInterface: Sendable, Equatable {
    package enum Kind: String, Sendable {
        case wifi, ethernet, cellular, unknown
    }

    /// `wlan0`
    package let name: String

    package init(name: String) {
        self.name = name
    }

    /// - Returns: `nil` for a payload without a name that can be kept.
    package init?(_ payload: JSONValue) {
        guard let name = payload["interface"]?.string.flatMap(KeptText.name) else { return nil }
        self.name = name
    }

    /// By the beginning of its name.
    package var kind: Kind {
        let kinds: [(String, Kind)] = [("wlan", .wifi), ("eth", .ethernet), ("en", .ethernet), ("wwan", .cellular)]
        return kinds.first { name.utf8.starts(with: $0.0.utf8) }?.1 ?? .unknown
    }

    /// Most connection types of a device.
    package static let typeLimit = 16

    /// Reads the payload of `connection_types`: the device's own words; `nil` when it has none.
    package static func types(_ payload: JSONValue) -> [String]? {
        payload["values"]?.array.map { elements in
            elements.prefix(typeLimit).compactMap { $0.string.flatMap(KeptText.name) }
        }
    }
}
