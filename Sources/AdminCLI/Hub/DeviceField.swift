internal import AdminAPI

/// What `hubctl` shows of a device: everything in `device show`, in this order, and what has a title in `device list`.
struct DeviceField: Sendable {
    let label: String
    var title: String?
    let value: @Sendable (AdminDevice) -> String?

    static let all: [DeviceField] = [
        .init(label: "device", title: "DEVICE") { $0.deviceID },
        .init(label: "state", title: "STATE") { $0.state },
        .init(label: "ou", title: "OU") { $0.ou },
        .init(label: "type") { $0.deviceType },
        .init(label: "address", title: "ADDRESS") { $0.address },
        .init(label: "mac") { $0.mac },
        .init(label: "fingerprint") { $0.fingerprint },
        .init(label: "others") { $0.otherKeys.map { "asked \($0) times with another key" } },
        .init(label: "first seen") { $0.firstSeen },
        .init(label: "last seen", title: "LAST SEEN") { $0.lastSeen },
        .init(label: "serial") { $0.serial },
        .init(label: "certificate until", title: "CERTIFICATE UNTIL") { $0.notAfter },
        .init(label: "identity", title: "UPDATE IDENTITY") { $0.identity?.text },
        .init(label: "update keys") { device in
            device.identity?.keys.map { "\($0.status) \($0.fingerprint) since \($0.firstSeen)" }.joined(separator: ", ")
        },
        .init(label: "connected") { device in
            device.links.map { links in
                links.isEmpty
                    ? "no"
                    : links.map { "\($0.protocol) since \($0.since) from \($0.address)" }.joined(separator: ", ")
            }
        },
        .init(label: "link product") { $0.linkIdentity?.product },
        .init(label: "link key") { device in
            device.linkIdentity.map { "\($0.key)... since \($0.since)" }
        },
        .init(label: "updates") { $0.updates?.text },
        .init(label: "at work on") { $0.updates?.flight?.text },
        .init(label: "last token") { $0.identity?.checkedInAt },
        .init(label: "health") { $0.reported?.healthText },
        .init(label: "location") { $0.reported?.locationText },
        .init(label: "network interface") { $0.reported?.interfaceText },
        .init(label: "connects by") { $0.reported?.connectionTypes?.joined(separator: ", ") },
        .init(label: "networks") { $0.reported?.identitiesText },
    ]
}
