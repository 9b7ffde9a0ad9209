internal import Devices
internal import LinkServer
internal import Rooms

extension ConfigurationKey {
    /// Keys of the device link.
    static let link: [ConfigurationKey] = [
        flag("link.sharedSecrets", "let devices open their links with shared secrets", \.limits.devices.link.isOn),
        number(
            "link.signatureSeconds", "how long the signature of a shared secret is good, 5 to 3600 seconds",
            \.limits.devices.link.signatureSeconds, 5...3600),
        number(
            "link.idleSeconds", "a link of which nothing is heard for so many seconds ends, 60 to 3600",
            \.links.idleSeconds, 60...3600),
        number(
            "link.acceptRate", "links that may be opened in a second, 1 to 100000; further devices wait",
            \.links.linksPerSecond, 1...100_000),
        number(
            "link.healthMinutes",
            "minutes between two questions for a device's health, 0 to 10080; 0 = at the start only",
            \.links.extensions.healthMinutes, 0...10_080),
        number(
            "link.locationMinutes",
            "minutes between two questions for a device's location, 0 to 10080; 0 = at the start only",
            \.links.extensions.locationMinutes, 0...10_080),
    ]
}
