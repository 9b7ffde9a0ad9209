/// What a device says of its firmware when its link begins.
package struct RunningFirmware: Sendable, Equatable {
    /// Identity of the firmware.
    package var uuid: String?
    /// Name of the release, when the device knows it.
    package var artifactName: String?
    package var product: String?
    package var version: String?
    package var platform: String?
    package var architecture: String?
    /// Whether the firmware was validated; `nil` when nobody knows.
    package var isValidated: Bool?
    /// Whether it went back to this firmware by itself.
    package var hasReverted: Bool
    /// Identity of the firmware it is fetching; `nil` for none.
    package var downloading: String?
    /// Of the tool that installs updates, by the device's own words.
    package var toolVersion: String?
    /// Of the device's side of the link.
    package var apiVersion: String?

    package init(
        uuid: String? = nil, artifactName: String? = nil, product: String? = nil, version: String? = nil,
        platform: String? = nil, architecture: String? = nil, isValidated: Bool? = nil, hasReverted: Bool = false,
        downloading: String? = nil, toolVersion: String? = nil, apiVersion: String? = nil
    ) {
        (self.uuid, self.artifactName) = (uuid, artifactName)
        (self.product, self.version, self.platform, self.architecture) = (product, version, platform, architecture)
        (self.isValidated, self.hasReverted, self.downloading) = (isValidated, hasReverted, downloading)
        (self.toolVersion, self.apiVersion) = (toolVersion, apiVersion)
    }

    /// Names of what it does not say, and updates are chosen by (docs/protocols/device-link.md 6.2).
    var missing: [String] {
        let wanted = [
            ("uuid", uuid), ("product", product), ("architecture", architecture), ("version", version),
            ("platform", platform),
        ]
        return wanted.filter { $0.1?.isEmpty ?? true }.map(\.0)
    }

    /// What artifacts depend on, by the names they know it under.
    var provides: [(name: String, value: String)] {
        Self.said([
            ("product", product), ("version", version), ("platform", platform), ("architecture", architecture),
            (DeviceReport.firmwareUUID, uuid),
        ])
    }

    /// What is kept of it with the device's inventory, by name. What was said once of firmware stays when a join leaves
    /// it out; see ``removedNames``.
    var attributes: [(name: String, value: String)] { provides + Self.said(facts) }

    /// Names of what is no more with the device's inventory.
    var removedNames: [String] {
        facts.filter { $0.1?.isEmpty ?? true }.map(\.0)
    }

    /// What holds from one join to the next only.
    private var facts: [(String, String?)] {
        [
            (Self.validatedName, isValidated.map { $0 ? "yes" : "no" }),
            ("firmware_reverted", hasReverted ? "yes" : nil), (Self.missingName, missing.joined(separator: ", ")),
            ("update_tool_version", toolVersion), ("device_api_version", apiVersion),
        ]
    }

    /// Under which names it is kept whether the firmware was validated, and what the device does not say of it.
    static let validatedName = "firmware_validated"
    static let missingName = "firmware_missing"

    private static func said(_ values: [(String, String?)]) -> [(name: String, value: String)] {
        values.compactMap { name, value in value.flatMap { $0.isEmpty ? nil : (name, $0) } }
    }
}

extension DeviceReport {
    /// What a device reports that has a link, for what the hub sends it.
    package init(_ running: RunningFirmware, occasion: Occasion) {
        let name = [running.product, running.version].compactMap(\.self).joined(separator: "-")
        self.init(artifactName: running.artifactName ?? name, deviceType: running.platform ?? "")
        for (name, value) in running.provides { provides[name] = value }
        isValidated = running.isValidated ?? true
        isComplete = running.missing.isEmpty
        toolVersion = running.toolVersion
        self.occasion = occasion
    }
}
