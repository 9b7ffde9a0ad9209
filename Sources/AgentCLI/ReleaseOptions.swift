internal import ArgumentParser
internal import DeviceClient

/// What a device is to releases, and by what it judges them.
struct ReleaseOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Hardware, as releases name it (HUB_AGENT_TYPE): a release for others is refused."))
    var type: String?

    @Option(
        help: ArgumentHelp(
            "Group of this device, for bundles made for a group (HUB_AGENT_GROUPS, as lab,hall). May be repeated.",
            valueName: "name"))
    var group: [String] = []

    @Flag(
        name: .customLong("no-clock"),
        help: "This device has no clock: only the hub's answer to a challenge is fresh (HUB_AGENT_NO_CLOCK=1).")
    var noClock = false

    @Flag(
        name: .customLong("allow-offline-bundles"),
        help: ArgumentHelp(
            "Take bundles without a clock too (HUB_AGENT_ALLOW_OFFLINE_BUNDLES=1): only what ended before the latest time seen is refused."
        ))
    var allowOfflineBundles = false

    func apply(to configuration: inout DeviceConfiguration) {
        configuration.deviceType = type ?? Environment.value("HUB_AGENT_TYPE")
        let groups = Environment.value("HUB_AGENT_GROUPS")?.split(separator: ",").map(String.init) ?? []
        configuration.groups = group.isEmpty ? groups : group
        configuration.hasClock = !(noClock || Environment.isOn("HUB_AGENT_NO_CLOCK"))
        configuration.allowOfflineBundles =
            allowOfflineBundles || Environment.isOn("HUB_AGENT_ALLOW_OFFLINE_BUNDLES")
    }
}

extension Environment {
    /// Whether a switch is `1` or `true`.
    static func isOn(_ name: String) -> Bool { ["1", "true"].contains(value(name)) }
}
