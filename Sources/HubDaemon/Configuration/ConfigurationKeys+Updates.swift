internal import Devices
internal import MenderServer
internal import Rooms
internal import Updates
internal import Wire

extension ConfigurationKey {
    /// Keys of artifacts, deployments and the update protocol.
    static let updates: [ConfigurationKey] = [
        text(
            "updates.url",
            "where devices fetch artifacts, such as https://hub.example:8443; empty: the way they reached the hub",
            \.updatesURL, check: problem(ofUpdatesURL:)),
        ConfigurationKey(
            name: "updates.publisherKeys", kind: .texts,
            meaning: "PEM files with public keys of who may publish artifacts",
            apply: { configuration, value in
                configuration.publisherKeyFiles = value.texts
                return value.texts.count <= 64 ? nil : "must be at most 64 files"
            }, show: { $0.publisherKeyFiles.joined(separator: ",") }),
        flag("updates.signatureRequired", "refuse artifacts that no publisher signed", \.updates.wantsSignature),
        flag(
            "updates.unsignedFirmware", "take .fw archives that no firmware key signed",
            \.updates.takesUnsignedFirmware),
        megabytes(
            "updates.artifactMegabytes", "largest artifact in MB, 1 to 1000000", \.updates.artifactBytes, least: 1),
        megabytes(
            "updates.storageMegabytes",
            "room for all artifacts in MB, unfinished uploads among them; 0 for as much as there is",
            \.updates.storageBytes,
            least: 0),
        ConfigurationKey(
            name: "updates.linkHours", kind: .number,
            meaning: "how long a device's download link counts, 1 to 720 hours",
            apply: { configuration, value in
                configuration.updates.linkSeconds = Int64(clamping: value.number) &* 3600
                return (1...720).contains(value.number) ? nil : "must be 1 to 720"
            }, show: { "\($0.updates.linkSeconds / 3600)" }),
        number(
            "updates.deviceLimit", "devices of the update protocol that may be accepted; -1 = unlimited",
            \.limits.devices.acceptedDevices, -1...1_000_000),
        number(
            "updates.authenticationsPerMinute", "requests for a token per address and minute; 0 = unlimited",
            \.mender.authenticationsPerMinute, 0...1_000_000),
        number(
            "updates.pollsPerMinute", "deployment polls per device and minute; 0 = unlimited",
            \.mender.pollsPerMinute, 0...1_000_000),
    ]

    @Sendable private static func problem(ofUpdatesURL url: String) -> String? {
        let isPlain = !url.hasSuffix("/") && url.utf8.count <= 200 && !url.contains { "?#@".contains($0) }
        guard !url.isEmpty, !isPlain || (try? HTTPSLocation(parsing: url)) == nil else { return nil }
        return "must be https://HOST[:PORT][/PATH] without a slash at the end"
    }

    private static func megabytes(
        _ name: String, _ meaning: String, _ path: any WritableKeyPath<HubConfiguration, Int64> & Sendable, least: Int
    ) -> ConfigurationKey {
        ConfigurationKey(
            name: name, kind: .number, meaning: meaning,
            apply: { configuration, value in
                configuration[keyPath: path] = Int64(clamping: value.number) &* 1_000_000
                return (least...1_000_000).contains(value.number) ? nil : "must be \(least) to 1000000"
            }, show: { "\($0[keyPath: path] / 1_000_000)" })
    }
}
