package import Encoding

/// An artifact the hub keeps.
package struct AdminArtifact: Codable, Sendable {
    package var id: String
    /// Name of the release it belongs to.
    package var release: String
    /// Text of the operator.
    package var description: String
    /// SHA-256 of the whole file, hexadecimal.
    package var sha256: String
    /// Bytes of the whole file.
    package var size: Int64
    /// When it was uploaded, or its description changed.
    package var modifiedAt: String
    /// Kinds of devices it is for.
    package var deviceTypes: [String]
    /// What a device must report beside its kind; any of the values will do.
    package var depends: [String: [String]]
    /// What a device reports once it is installed.
    package var provides: [String: String]
    /// Patterns of what a device forgets; `nil` for everything.
    package var clears: [String]?
    /// Update module; `nil` for an artifact that installs nothing.
    package var type: String?
    package var files: [AdminArtifactFile]
    /// Meta-data for the update module.
    package var metaData: JSONValue?
    /// Names of its state scripts.
    package var scripts: [String]
    /// `unsigned`, `unverified` (by a key the configuration does not name), `verified`.
    package var signature: String
    /// `mender`, `fwup` or `raw`.
    package var format: String?
    /// What devices of the live link are told of it; `nil` for artifacts of the update protocol.
    package var firmware: AdminFirmware?
    /// Whether it came as an archive beside the firmware, which no deployment installs.
    package var archive: Bool?

    package init(
        id: String, release: String, description: String, sha256: String, size: Int64, modifiedAt: String,
        deviceTypes: [String], depends: [String: [String]], provides: [String: String], clears: [String]?,
        type: String?, files: [AdminArtifactFile], metaData: JSONValue?, scripts: [String], signature: String,
        format: String? = nil, firmware: AdminFirmware? = nil, archive: Bool? = nil
    ) {
        self.id = id
        self.release = release
        self.description = description
        self.sha256 = sha256
        self.size = size
        self.modifiedAt = modifiedAt
        self.deviceTypes = deviceTypes
        self.depends = depends
        self.provides = provides
        self.clears = clears
        self.type = type
        self.files = files
        self.metaData = metaData
        self.scripts = scripts
        self.signature = signature
        self.format = format
        self.firmware = firmware
        self.archive = archive
    }
}

/// One payload file of an artifact.
package struct AdminArtifactFile: Codable, Sendable {
    package var name: String
    /// Bytes.
    package var size: Int64
    /// SHA-256 of its content, hexadecimal.
    package var sha256: String
    /// When it was last changed.
    package var modifiedAt: String

    package init(name: String, size: Int64, sha256: String, modifiedAt: String) {
        self.name = name
        self.size = size
        self.sha256 = sha256
        self.modifiedAt = modifiedAt
    }
}

package struct AdminUploadBegin: Codable, Sendable {
    /// SHA-256 of the whole file, hexadecimal: an upload of the same file can be found again by it. Without, nobody can
    /// but by its ID.
    package var sha256: String?
    /// Go on with what an earlier upload of that file left, instead of dropping it.
    package var resume: Bool?

    package init(sha256: String?, resume: Bool?) {
        self.sha256 = sha256
        self.resume = resume
    }
}

/// An upload under way.
package struct AdminUpload: Codable, Sendable {
    package var id: String
    /// Bytes the hub has: where to go on.
    package var offset: Int64

    package init(id: String, offset: Int64) {
        self.id = id
        self.offset = offset
    }
}

/// Makes an upload an artifact.
package struct AdminUploadFinish: Codable, Sendable {
    /// Text of the operator.
    package var description: String?
    /// SHA-256 of the file as its sender knows it, hexadecimal.
    package var sha256: String?
    /// What is said of a raw file; `nil` for one that says by itself what it is.
    package var raw: AdminRawFirmware?
    /// Whether it is an archive beside the firmware, signed by a key for archives.
    package var archive: Bool?

    /// Makes an upload an artifact.
    package init(
        description: String?, sha256: String?, raw: AdminRawFirmware? = nil, archive: Bool? = nil
    ) {
        self.description = description
        self.sha256 = sha256
        self.raw = raw
        self.archive = archive
    }
}

/// Removes artifacts that newer ones have followed.
package struct AdminPrune: Codable, Sendable {
    /// Newest artifacts to keep for each device type and update module.
    package var keep: Int
    /// Only those that are at least so many days old.
    package var olderThanDays: Int?
    /// Only say what would go.
    package var dryRun: Bool?

    package init(keep: Int, olderThanDays: Int?, dryRun: Bool?) {
        self.keep = keep
        self.olderThanDays = olderThanDays
        self.dryRun = dryRun
    }
}
