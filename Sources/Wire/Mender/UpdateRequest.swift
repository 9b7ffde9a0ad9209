package import Encoding

/// What a device says of itself when it asks for something to install (docs/protocols/mender.md 7.1). It has three
/// forms: a body with the report as one of its members (version 2), a body that is the report (version 1), and a query.
package struct UpdateRequest: Sendable, Equatable {
    package enum Version: Sendable, CaseIterable {
        case one, two
    }

    /// The release the device has; not empty.
    package var artifactName: String
    /// Kind of the device; not empty.
    package var deviceType: String
    /// What else the artifacts on it provided.
    package var provides: [String: String]
    /// Whether the device understands hold points. Only version 2 can say so.
    package var takesControlMap: Bool

    /// Limits of the body: 64 KiB, 512 values.
    package static let limits = JSONLimits(bytes: 64 * 1024, depth: 8, values: 512)

    package init(
        artifactName: String, deviceType: String, provides: [String: String] = [:], takesControlMap: Bool = false
    ) {
        self.artifactName = artifactName
        self.deviceType = deviceType
        self.provides = provides
        self.takesControlMap = takesControlMap
    }

    /// Reads a body.
    ///
    /// - Throws: `missingMember` for a release or kind that is missing or empty, `wrongType` for a report that is not
    ///   an object of strings.
    package init(parsing bytes: [UInt8], version: Version) throws(MessageError) {
        let body = try JSONValue(parsing: bytes, limits: Self.limits)
        let report = version == .one ? body : body["device_provides"] ?? .null
        guard let members = report.members else { throw .wrongType("device_provides") }
        var values: [String: String] = [:]
        for member in members {
            guard let text = member.value.string else { throw .wrongType("device_provides") }
            values[member.name] = text
        }
        try self.init(values: values)
        takesControlMap = version == .two && body["update_control_map"]?.bool ?? false
    }

    /// Takes the values of a query.
    ///
    /// - Throws: `missingMember`.
    package init(values: [String: String]) throws(MessageError) {
        var provides = values
        func take(_ name: String) throws(MessageError) -> String {
            guard let value = provides.removeValue(forKey: name), !value.isEmpty else { throw .missingMember(name) }
            return value
        }
        artifactName = try take("artifact_name")
        deviceType = try take("device_type")
        self.provides = provides
        takesControlMap = false
    }

    /// The body as bytes; version 1 says nothing of hold points.
    package func encoded(version: Version = .two) -> [UInt8] {
        var writer = JSONWriter(capacity: 256)
        guard version == .two else {
            writeReport(to: &writer)
            return writer.bytes
        }
        writer.object { writer in
            writer.name("device_provides")
            writeReport(to: &writer)
            if takesControlMap { writer.member("update_control_map", true) }
        }
        return writer.bytes
    }

    private func writeReport(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("artifact_name", artifactName)
            writer.member("device_type", deviceType)
            for (name, value) in provides.sorted(by: { $0.key < $1.key }) { writer.member(name, value) }
        }
    }
}
