internal import Encoding
internal import Rules

/// What a device reports of itself when it asks for something to do.
package struct DeviceReport: Sendable, Equatable {
    /// The release it has.
    package var artifactName: String
    /// Its kind.
    package var deviceType: String
    /// What else its artifacts provided, by the names other artifacts depend on it under.
    package var provides: [String: String]
    /// Whether it stops at hold points. One that does not gets nothing as long as one of them pauses: it would go
    /// through.
    package var takesHoldPoints: Bool
    /// Whether what it runs was validated, or nobody knows; without, it would refuse anything new.
    package var isValidated = true
    /// Whether it says all that roll-outs choose by; without, it gets none, and is passed over by none.
    package var isComplete = true
    /// Of the tool that installs firmware, by the device's own words; `nil` when nobody knows.
    package var toolVersion: String?
    /// What makes the hub look for something.
    package var occasion = Occasion.poll

    package enum Occasion: Sendable, CaseIterable {
        /// The device asks again and again, and is told the same each time.
        case poll
        /// The hub looks by itself and sends what it finds over the device's link.
        case push
        /// The device asked over its link.
        case request

        /// Whether the answer goes over a link, so that it is sent once.
        var isLive: Bool { self != .poll }
    }

    /// What it can install. It follows from the protocol it speaks.
    package var formats: Set<ArtifactFormat>

    package init(
        artifactName: String, deviceType: String, provides: [String: String] = [:], takesHoldPoints: Bool = false,
        formats: Set<ArtifactFormat> = [.mender]
    ) {
        self.artifactName = artifactName
        self.deviceType = deviceType
        self.provides = provides
        self.takesHoldPoints = takesHoldPoints
        self.formats = formats
    }

    /// What the device has of something artifacts depend on.
    func value(of name: String) -> String? {
        name == Self.artifactName ? artifactName : provides[name]
    }

    /// Whether its tool installs archives of patches (docs/protocols/device-link.md 17).
    var takesDeltas: Bool {
        guard let tool = toolVersion.flatMap({ SemanticVersion($0) }), let first = SemanticVersion("1.13.0") else {
            return false
        }
        return tool >= first
    }

    /// The report as one text, so that two are compared whatever their order; it is stored with the device's part.
    var text: String {
        var values = provides
        values[Self.artifactName] = artifactName
        values["device_type"] = deviceType
        var writer = JSONWriter(capacity: 256)
        writer.object { writer in
            for (name, value) in values.sorted(by: { $0.key < $1.key }) { writer.member(name, value) }
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// Identity of the firmware that runs, when it has one.
    var firmwareUUID: String? { provides[Self.firmwareUUID] }

    /// Under which name identities of firmware are reported and kept.
    static let firmwareUUID = "firmware_uuid"

    /// How artifacts name the release they depend on.
    private static let artifactName = "artifact_name"
}
