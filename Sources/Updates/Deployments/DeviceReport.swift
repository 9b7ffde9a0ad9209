internal import Encoding

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

    package init(
        artifactName: String, deviceType: String, provides: [String: String] = [:], takesHoldPoints: Bool = false
    ) {
        self.artifactName = artifactName
        self.deviceType = deviceType
        self.provides = provides
        self.takesHoldPoints = takesHoldPoints
    }

    /// What the device has of something artifacts depend on.
    func value(of name: String) -> String? {
        name == Self.artifactName ? artifactName : provides[name]
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

    /// How artifacts name the release they depend on.
    private static let artifactName = "artifact_name"
}
