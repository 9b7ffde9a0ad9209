internal import Encoding

/// Whom a claim or a co-signature addresses (`aud`).
package struct Audience: Sendable {
    private let names: [String]

    /// A text, or 1 to 16 of them; `nil` for anything else.
    init?(_ value: JSONValue) {
        switch value {
        case .string(let name): names = [name]
        case .array(let values):
            let names = values.compactMap(\.string)
            guard names.count == values.count, (1...16).contains(names.count) else { return nil }
            self.names = names
        default: return nil
        }
    }

    /// Whether the device is among them: by its ID, by a group, or as one of all.
    func addresses(_ device: DeviceDescription) -> Bool {
        names.contains { name in
            isSame(name, "all") || isSame(name, "device:" + device.id)
                || device.groups.contains { isSame(name, "group:" + $0) }
        }
    }
}

/// What a device is, as far as a message speaks of it.
package struct DeviceDescription: Sendable {
    package let id: String
    package let type: String
    package let groups: [String]

    package init(id: String, type: String, groups: [String] = []) {
        (self.id, self.type, self.groups) = (id, type, groups)
    }
}
