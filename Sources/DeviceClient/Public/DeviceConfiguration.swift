/// Everything about a device that has a sensible default.
///
/// The common case needs none of it: `Device(id:)` finds its hub by discovery, keeps its files in
/// ``DeviceConfiguration/defaultFolder`` and trusts a hub that proves knowledge of the device's secret.
public struct DeviceConfiguration: Sendable {
    /// Where the hub is.
    public enum HubLocation: Sendable, Equatable {
        /// Found by DNS-SD on the local network.
        case discovered
        /// At one of these addresses, tried in order: `host`, `host:port`, an IP address, or an `https` URL of the
        /// directory.
        case addresses([String])

        /// At this address.
        public static func address(_ text: String) -> HubLocation { .addresses([text]) }
    }

    /// What makes a hub trustworthy at first contact. Afterwards it is always the CA kept then, and nothing else.
    public enum FirstContact: Sendable, Equatable {
        /// The hub proves with its answer that it knows the device's secret.
        case secret
        /// The first hub that approves is believed, for devices without a secret whose key fingerprint the operator
        /// compares by eye (`hubctl device approve ID --fingerprint F`). The first hub to answer owns the device: use
        /// it only on a network you trust. Never the default.
        case trustOnFirstUse
    }

    /// Orders the hubs found, best first, and drops those that must not be asked.
    public typealias HubPolicy = @Sendable ([HubCandidate]) async -> [HubCandidate]

    /// Folder of key, certificate, CA and small state; made with mode 0700.
    public var folder: String
    /// Where the hub is.
    public var hub: HubLocation = .discovered
    /// What makes a hub trustworthy at first contact.
    public var firstContact: FirstContact = .secret
    /// Whether the secret is a PIN or otherwise easy to guess, so that it is proved by SPAKE2+ pairing only; nil
    /// decides by the secret: digits only, or fewer than 20 characters.
    public var pinSecret: Bool?
    /// Sends even a secret that is easy to guess as a plain HMAC when the hub offers no pairing: whoever pretends to be
    /// a hub can then find it in seconds. Only for old hubs on a network you trust.
    public var allowPlainHMAC = false
    /// Where the private key lives.
    public var key: DeviceKeySource = .file
    /// Asked when several hubs are found; nil takes them as found.
    public var policy: HubPolicy?
    /// Time limit of one exchange with a hub.
    public var exchangeTimeout: Duration = .seconds(15)
    /// The hardware, as releases name it in `device_types`; nil takes no release.
    public var deviceType: String?
    /// Groups of the device, as bundles for `group:NAME` address them.
    public var groups: [String] = []
    /// Whether there is a clock to judge releases by. Without one, and while the clock contradicts what a hub has
    /// proven, the hub's answer to a challenge says how fresh a release is.
    public var hasClock = true
    /// Accepts releases from a medium without a clock: only what has expired by the latest time the device has
    /// seen is refused then.
    public var allowOfflineBundles = false
    /// So long may the device be up without an accepted release message before its health is `updates-stale`.
    public var maxSilence: Duration = .seconds(7 * 86_400)
    /// The wall clock in Unix seconds. A device without a clock may return 0: the hub's time is then used.
    public var now: @Sendable () -> Int64 = SystemClock.unixSeconds

    /// Waits; replaced by tests that must not.
    package var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }

    /// Seconds since the system's start, and what names that start.
    package var uptime: @Sendable () -> Int64 = SystemClock.uptimeSeconds
    package var bootID: @Sendable () -> String = { SystemFolder.bootID }

    /// Makes a configuration; nil takes the default folder.
    public init(folder: String? = nil) {
        self.folder = folder ?? Self.defaultFolder
    }

    /// `/var/lib/hub-agent` where that folder is ours to write, else `./var/agent`.
    public static var defaultFolder: String {
        SystemFolder.isWritable("/var/lib/hub-agent") ? "/var/lib/hub-agent" : "./var/agent"
    }
}
