/// An artifact the hub keeps: what its header says, and where its bytes are.
package struct StoredArtifact: Sendable, Codable, Equatable {
    package struct File: Sendable, Codable, Equatable {
        package var name: String
        /// SHA-256 of its content, lower-case hexadecimal.
        package var sha256: String
        /// Bytes.
        package var size: Int64
        /// When it was last changed, Unix seconds.
        package var modifiedAt: Int64
    }

    /// What its signature is worth.
    package enum Signature: String, Sendable, Codable {
        case unsigned
        /// There is one, but no key of the configuration made it.
        case unverified
        /// A key of the configuration made it.
        case verified
    }

    /// UUID, lower case.
    package var id: String
    /// Name of the release it belongs to.
    package var name: String
    /// Text of the operator.
    package var description: String
    /// SHA-256 of the whole file, lower-case hexadecimal: its name in the folder.
    package var sha256: String
    /// Bytes of the whole file.
    package var size: Int64
    /// When it was uploaded, Unix seconds.
    package var modifiedAt: Int64
    /// Kinds of devices it is for.
    package var deviceTypes: [String]
    /// What a device must report beside its kind; any of the values will do.
    package var depends: [String: [String]]
    /// What a device reports once it is installed, its name among it.
    package var provides: [String: String]
    /// Patterns of what a device forgets; `nil` when the artifact says nothing, which is not the same as none.
    package var clears: [String]?
    /// Update module; `nil` for an artifact without payload.
    package var payloadType: String?
    package var files: [File]
    /// Meta-data of the payload, JSON; empty for none.
    package var metadata: String
    /// Names of its state scripts.
    package var scripts: [String]
    /// What its signature is worth.
    package var signature: Signature
    /// What devices of the live link are told of it; `nil` for an artifact of the update protocol.
    package var firmware: Firmware?
    /// Whether it came as an archive; `nil` for no.
    var archive: Bool?

    /// Whether it goes to devices beside their firmware (docs/protocols/device-link.md 10), and never in a deployment.
    package var isArchive: Bool { archive ?? false }
    package var format: ArtifactFormat { firmware?.format ?? .mender }

    /// Whether it is made of patches. Whether they fit the firmware that runs, only the device finds out.
    var isDelta: Bool { firmware?.isDelta ?? false }

    /// Whether a device that reports this may install it: its format, its kind, and everything the artifact depends
    /// on.
    func fits(_ report: DeviceReport) -> Bool {
        report.formats.contains(format) && (!isDelta || report.takesDeltas) && deviceTypes.contains(report.deviceType)
            && depends.allSatisfy { name, values in report.value(of: name).map(values.contains) ?? false }
    }
}
