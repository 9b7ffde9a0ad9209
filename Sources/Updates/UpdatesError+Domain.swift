package import Encoding

extension UpdatesError: DomainError {
    package var kind: ErrorKind {
        switch self {
        case .invalid: .invalid
        case .unknownArtifact, .unknownDeployment, .unknownUpload, .unknownGroup, .notForDevice, .noArtifact,
            .unknownFirmwareKey, .unknownArchive:
            .notFound
        case .artifactExists, .releaseMissing, .artifactInUse, .deploymentExists, .deploymentFinished, .noDevices,
            .aborted,
            .conflictingReport, .uploadOffset, .firmwareExists, .firmwareKeyExists, .firmwareKeyNamed, .doesNotFit,
            .notArchive, .artifactIsArchive:
            .conflict
        case .decommissioned: .gone
        case .tooLarge: .tooLarge
        case .notSigned, .badArtifact, .firmwareNotSigned, .firmwareKeyMissing, .archiveNotSigned, .archiveKeyMissing:
            .unusable
        case .storageFull: .noRoom
        }
    }

    package var message: String {
        switch self {
        case .invalid(let reason): reason
        case .unknownArtifact(let id): "no artifact \(id)"
        case .unknownDeployment(let id): "no deployment \(id)"
        case .unknownUpload(let id): "no upload \(id) waits"
        case .unknownGroup(let name): "no group \(name)"
        case .notForDevice: "the deployment is not for that device, or the device has not asked for it yet"
        case .noArtifact(let name): "no artifact of a release \(name) is kept"
        case .artifactExists(let other): "release \(other.name) has an artifact for one of these device types already"
        case .artifactInUse(let id, _): "artifact \(id) is part of a deployment that is not finished"
        case .deploymentExists: "the same deployment is under way"
        case .deploymentFinished: "the deployment has ended"
        case .releaseMissing(let artifact, let type):
            "no co-signed release covers artifact \(artifact)" + (type.map { " for devices of type \($0)" } ?? "")
        case .noDevices: "the deployment would reach no device"
        case .aborted: "the device's part of the deployment was aborted"
        case .decommissioned: "the device was taken out of service"
        case .conflictingReport: "the device reports something else than when it got its instructions"
        case .uploadOffset(let offset): "the upload has \(offset) bytes, or another request is writing to it"
        case .tooLarge(let what, let limit): "\(what) is larger than \(limit) bytes"
        case .notSigned: "the artifact is not signed by a publisher of this site"
        case .badArtifact(let reason): "the file is not a valid artifact: \(reason)"
        case .firmwareNotSigned(let reason): "the firmware is not taken: \(reason)"
        case .firmwareKeyMissing: "the firmware is signed, and the hub has no firmware key to check that with"
        case .firmwareExists(let uuid, let artifact):
            "artifact \(artifact) is firmware \(uuid) with other content or values"
        case .unknownFirmwareKey(let name): "no firmware key \(name)"
        case .firmwareKeyExists(let name): "firmware key \(name) is there already"
        case .firmwareKeyNamed(let name): "this public key is there already, under the name \(name)"
        case .doesNotFit(let release, let device, let reason): "\(release) does not fit \(device): \(reason)"
        case .notArchive(let id): "artifact \(id) did not come as an archive"
        case .unknownArchive(let id): "no archive \(id) is offered"
        case .artifactIsArchive(let id): "artifact \(id) is offered to devices as an archive"
        case .archiveNotSigned: "the archive is signed by none of the hub's archive keys"
        case .archiveKeyMissing: "the archive is signed, and the hub has no archive key to check that with"
        case .storageFull: "there is no room for the artifact"
        }
    }
}
