package import Encoding

/// What a device says of itself when it joins the topic `device` (docs/protocols/device-link.md 6.1). Unknown members
/// are ignored, odd ones too: a join is never refused for them.
package struct LinkJoin: Sendable, Equatable {
    /// Of `device_api_version`; 1.0.0 when that is missing or has not three parts.
    package var version: LinkVersion
    /// What runs on the device; empty texts where it did not say.
    package var firmware: LinkFirmware
    /// Of the tool that installs updates, by the device's own words.
    package var toolVersion: String?
    /// `fwup`, `rauc`, …; `nil` when not said, which is fwup.
    package var tool: String?
    /// UUID of an update whose download outlived the last connection.
    package var downloading: String?
    package var wantsFirmwareKeys: Bool
    package var wantsArchiveKeys: Bool
    /// Whether the running firmware was found good; `nil` when the device does not say.
    package var isValidated: Bool?
    /// Whether the boot loader went back to the firmware before.
    package var hasReverted: Bool

    /// Reads the payload of a join.
    package init(_ payload: JSONValue) {
        func text(_ name: String) -> String? { KeptText.member(name, of: payload) }
        version = LinkVersion(text("device_api_version") ?? "") ?? .first
        let prefix = text("nerves_fw_uuid") == nil && text("rauc_uuid") != nil ? "rauc_" : "nerves_fw_"
        firmware = LinkFirmware { text(prefix + $0) ?? "" }
        if prefix == "rauc_", let compatible = text("rauc_compatible") {
            if firmware.product.isEmpty { firmware.product = compatible }
            if firmware.platform.isEmpty { firmware.platform = compatible }
        }
        toolVersion = text("fwup_version") ?? text("rauc_tool_version")
        tool = text("update_tool") ?? (prefix == "rauc_" ? "rauc" : nil)
        downloading = text("currently_downloading_uuid")
        wantsFirmwareKeys = text("fwup_public_keys") == "on_connect"
        wantsArchiveKeys = text("archive_public_keys") == "on_connect"
        isValidated = payload["meta"]?["firmware_validated"]?.bool
        hasReverted = payload["meta"]?["firmware_auto_revert_detected"]?.bool ?? false
    }
}

/// The firmware that runs on a device, or that it is to install.
package struct LinkFirmware: Sendable, Equatable {
    package var uuid: String
    package var product: String
    package var version: String
    package var platform: String
    package var architecture: String

    /// - Parameter value: the value of `uuid`, `product`, `version`, `platform`, `architecture`; empty for none.
    package init(_ value: (String) -> String) {
        uuid = value("uuid")
        product = value("product")
        version = value("version")
        platform = value("platform")
        architecture = value("architecture")
    }

    package init(uuid: String, product: String, version: String, platform: String, architecture: String) {
        (self.uuid, self.product, self.version) = (uuid, product, version)
        (self.platform, self.architecture) = (platform, architecture)
    }

    /// Whether updates can be chosen by it (docs/protocols/device-link.md 6.2).
    package var isComplete: Bool { ![uuid, product, version, platform, architecture].contains("") }
}

/// Version of the device's side of the link: `2.3.0`.
package struct LinkVersion: Sendable, Equatable, Comparable {
    private let parts: [UInt32]

    /// - Returns: `nil` unless the text has three numbers.
    package init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { part in part.allSatisfy(\.isNumber) ? UInt32(part) : nil }
        guard parts.count == 3, numbers.count == 3 else { return nil }
        self.parts = numbers
    }

    private init(_ major: UInt32, _ minor: UInt32) {
        parts = [major, minor, 0]
    }

    /// As it is written.
    package var text: String { parts.map { "\($0)" }.joined(separator: ".") }

    package static let first = LinkVersion(1, 0)
    /// Knows how to identify itself, and archives.
    package static let identifies = LinkVersion(2, 0)
    /// Takes scripts outside of the console, and keys.
    package static let takesScripts = LinkVersion(2, 1)
    package static let hasExtensions = LinkVersion(2, 2)
    /// Knows update modes.
    package static let hasModes = LinkVersion(2, 4)

    package static func < (one: LinkVersion, other: LinkVersion) -> Bool {
        one.parts.lexicographicallyPrecedes(other.parts)
    }
}
