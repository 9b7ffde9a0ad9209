/// An archive that devices are given beside their firmware (docs/protocols/device-link.md 10): an artifact, and for
/// whom it is.
package struct Archive: Sendable, Equatable {
    /// Devices it is for, of those with its platform and architecture.
    package enum Target: Sendable, Equatable, Codable {
        /// Devices by their IDs.
        case devices([String])
        case allDevices
        /// The members of a group when they are looked at.
        case group(String)
        /// Devices that match when they are looked at; the text of an inventory filter.
        case filter(String)
    }

    /// Order in which they were added: of several that apply to a device, the one with the highest counts.
    package var number: Int64
    package var artifact: StoredArtifact
    package var target: Target
    /// Unix seconds.
    package var addedAt: Int64

    /// Archives the hub offers at most: each is looked at when a device connects.
    package static let limit = 64
    /// Devices that one names at most.
    package static let deviceLimit = 1000

    /// Whether it is made for devices like this one.
    func fits(_ running: RunningFirmware) -> Bool {
        guard let firmware = artifact.firmware, let platform = running.platform,
            let architecture = running.architecture
        else { return false }
        return firmware.platform.utf8.elementsEqual(platform.utf8)
            && firmware.architecture.utf8.elementsEqual(architecture.utf8)
    }
}
