/// A release that both signatures, its time, its audience and what was accepted before allow for this device.
public struct DeviceRelease: Sendable, Equatable {
    /// What to do about it.
    public enum Action: String, Sendable, Equatable {
        /// Download and install it.
        case install
        /// It runs already: nothing newer exists.
        case none
    }

    /// The file of a release.
    public struct Artifact: Sendable, Equatable {
        /// As the publisher calls it, 1 to 256 bytes: any characters, so not a path.
        public let name: String
        /// SHA-256 of the whole file, 64 lower-case hexadecimal digits.
        public let sha256: String
        /// Bytes of the whole file.
        public let size: Int64
        /// `mender`, `fwup`, `raw`, `rauc`, `swu`; nil when the publisher does not say.
        public let format: String?
    }

    /// Where the artifact comes from.
    enum Source: Sendable, Equatable {
        case hub
        /// A folder with a bundle.
        case folder(String)
    }

    /// The stream, for example `os`.
    public let stream: String
    /// The number that orders the releases of a stream.
    public let seq: Int64
    /// For people.
    public let version: String
    /// What to do.
    public let action: Action
    /// The file.
    public let artifact: Artifact
    /// The hub's deployment, for reports; nil when there is none.
    public let deployment: String?
    let source: Source
}

/// Where a device's keys for releases came from first.
public enum ReleaseTrustOrigin: String, Sendable, Equatable {
    /// All from the hub: both signatures then rest on one introduction.
    case hub
    /// Project and recovery keys from the factory image.
    case factory
}

/// What a device knows of its releases, without asking the hub.
public struct ReleaseStatus: Sendable, Equatable {
    /// How recent it is.
    public enum Health: String, Sendable, Equatable {
        case ok
        /// No message was accepted for ``DeviceConfiguration/maxSilence`` of uptime: updates may be withheld.
        case updatesStale = "updates-stale"
    }

    /// The release of a stream that was accepted last.
    public struct Stream: Sendable, Equatable {
        /// For example `os`.
        public let name: String
        /// The highest number that was ever accepted.
        public let seq: Int64
        /// For people; nil after a key set has taken the number back.
        public let version: String?
        /// SHA-256 of the artifact; nil after a key set has taken the number back.
        public let sha256: String?
        /// Whether it runs.
        public let isInstalled: Bool

        package init(name: String, seq: Int64, version: String?, sha256: String?, isInstalled: Bool) {
            (self.name, self.seq, self.version) = (name, seq, version)
            (self.sha256, self.isInstalled) = (sha256, isInstalled)
        }
    }

    /// Sorted by name.
    public let streams: [Stream]
    /// Unix seconds; no time before it is believed.
    public let timeFloor: Int64
    /// Project of the keys; nil before the first contact.
    public let project: String?
    /// Version of the key set; nil before the first contact.
    public let trustVersion: Int64?
    /// Where the keys came from; nil before the first contact.
    public let trustOrigin: ReleaseTrustOrigin?
    /// When a message was accepted last, Unix seconds; nil for never.
    public let acceptedAt: Int64?
    /// Seconds of uptime since then.
    public let silentSeconds: Int64
    /// Whether that is too long.
    public let health: Health

    package init(
        streams: [Stream], timeFloor: Int64, project: String?, trustVersion: Int64?, trustOrigin: ReleaseTrustOrigin?,
        acceptedAt: Int64?, silentSeconds: Int64, health: Health
    ) {
        (self.streams, self.timeFloor, self.project) = (streams, timeFloor, project)
        (self.trustVersion, self.trustOrigin) = (trustVersion, trustOrigin)
        (self.acceptedAt, self.silentSeconds, self.health) = (acceptedAt, silentSeconds, health)
    }
}
