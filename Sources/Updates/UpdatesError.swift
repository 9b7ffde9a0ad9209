/// Why something about artifacts or deployments was refused.
package enum UpdatesError: Error, Equatable, Sendable {
    /// The request is not what the call takes.
    case invalid(String)
    /// No artifact of that number.
    case unknownArtifact(String)
    /// No deployment of that number.
    case unknownDeployment(String)
    /// The deployment is not for that device.
    case notForDevice
    /// No group of that name.
    case unknownGroup(String)
    /// No artifact of that name is kept.
    case noArtifact(String)
    /// The devices of a project get only artifacts that a release covers: this one (or one of the release of this name)
    /// is covered by none for devices of the type.
    case releaseMissing(artifact: String, type: String?)
    /// An artifact of that name for one of its device types, with the same dependencies, or of that number, is kept.
    case artifactExists(ArtifactConflict)
    /// The artifact is part of these deployments that are not finished, or, without them, was part of one.
    case artifactInUse(String, deployments: [String])
    /// The same deployment is under way.
    case deploymentExists
    /// The deployment has ended.
    case deploymentFinished
    /// The deployment would reach no device.
    case noDevices
    /// The device's part of the deployment was aborted.
    case aborted
    /// The device was taken out of service.
    case decommissioned
    /// The device reports something else than when it got its instructions.
    case conflictingReport
    /// The artifact is not signed by a key of the configuration, which wants that.
    case notSigned
    /// A part of the artifact, or all of it (``wholeArtifact``), is larger than so many bytes.
    case tooLarge(String, limit: Int64)
    /// The file is not an artifact, or damaged.
    case badArtifact(String)
    /// The firmware has no signature, or one by none of the hub's firmware keys; the text says which.
    case firmwareNotSigned(String)
    /// The firmware is signed, and the hub has no key to check that with.
    case firmwareKeyMissing
    /// Other firmware of that UUID is kept, as the artifact of that number.
    case firmwareExists(uuid: String, artifact: String)
    /// No firmware key has that name.
    case unknownFirmwareKey(String)
    /// A firmware key of that name is there already.
    case firmwareKeyExists(String)
    /// The same public key is there already, under that name.
    case firmwareKeyNamed(String)
    /// No artifact of the release fits what the device reported; the text says why.
    case doesNotFit(String, device: String, reason: String)
    /// The artifact did not come as an archive.
    case notArchive(String)
    /// The artifact is not offered as an archive.
    case unknownArchive(String)
    /// The artifact is offered as an archive.
    case artifactIsArchive(String)
    /// The archive has no signature, or one by none of the hub's keys for archives.
    case archiveNotSigned
    /// The hub has no key for archives.
    case archiveKeyMissing
    /// There is no room on the disk.
    case storageFull
    /// No upload of that number waits.
    case unknownUpload(String)
    /// The upload has another length than that; go on from there.
    case uploadOffset(Int64)

    /// What is too large when the file as a whole is.
    package static let wholeArtifact = "the artifact"
}

/// The artifact that stands in the way of another one.
package struct ArtifactConflict: Sendable, Equatable {
    /// UUID, lower case.
    package let id: String
    /// Name of its release.
    package let name: String
    /// Kinds of devices it is for.
    package let deviceTypes: [String]
    /// What a device must report beside its kind; any of the values will do.
    package let depends: [String: [String]]

    /// Names an artifact that is kept.
    package init(_ artifact: StoredArtifact) {
        id = artifact.id
        name = artifact.name
        deviceTypes = artifact.deviceTypes
        depends = artifact.depends
    }
}
