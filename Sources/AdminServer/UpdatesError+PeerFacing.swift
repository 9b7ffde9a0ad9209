internal import Devices
package import HTTPTypes
internal import HubHTTP
package import Updates

extension UpdatesError: PeerFacingError {
    package var status: HTTPResponse.Status {
        switch self {
        case .invalid: .badRequest
        case .unknownArtifact, .unknownDeployment, .unknownUpload, .unknownGroup, .notForDevice, .noArtifact: .notFound
        case .artifactExists, .artifactInUse, .deploymentExists, .deploymentFinished, .noDevices, .aborted,
            .decommissioned, .conflictingReport, .uploadOffset:
            .conflict
        case .tooLarge: .contentTooLarge
        case .notSigned, .badArtifact: .unprocessableContent
        case .storageFull: .init(code: 507, reasonPhrase: "Insufficient Storage")
        }
    }

    package var code: String {
        switch self {
        case .invalid: "badRequest"
        case .unknownArtifact: "unknownArtifact"
        case .unknownDeployment: "unknownDeployment"
        case .unknownUpload: "unknownUpload"
        case .unknownGroup: "unknownGroup"
        case .notForDevice: "notInDeployment"
        case .noArtifact: "unknownRelease"
        case .artifactExists: "artifactExists"
        case .artifactInUse: "artifactInUse"
        case .deploymentExists: "deploymentExists"
        case .deploymentFinished: "deploymentFinished"
        case .noDevices: "noDevices"
        case .aborted: "deploymentAborted"
        case .decommissioned: "deviceDecommissioned"
        case .conflictingReport: "conflictingReport"
        case .uploadOffset: "uploadOffset"
        case .tooLarge: "artifactTooLarge"
        case .notSigned: "artifactNotSigned"
        case .badArtifact: "badArtifact"
        case .storageFull: "artifactStorageFull"
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
        case .noDevices: "the deployment would reach no device"
        case .aborted: "the device's part of the deployment was aborted"
        case .decommissioned: "the device was taken out of service"
        case .conflictingReport: "the device reports something else than when it got its instructions"
        case .uploadOffset(let offset): "the upload has \(offset) bytes, or another request is writing to it"
        case .tooLarge(let what, let limit): "\(what) is larger than \(limit) bytes"
        case .notSigned: "the artifact is not signed by a publisher of this site"
        case .badArtifact(let reason): "the file is no good artifact: \(reason)"
        case .storageFull: "there is no room for the artifact"
        }
    }

    package var hint: String {
        switch self {
        case .unknownArtifact, .noArtifact: "list the kept ones with: hubctl artifact list"
        case .unknownDeployment, .deploymentExists: "list the known ones with: hubctl deployment list"
        case .unknownGroup: "list the known ones with: hubctl group list"
        case .unknownUpload: "begin again with: hubctl artifact upload FILE"
        case .notForDevice: "list the known ones with: hubctl deployment list"
        case .artifactExists(let other):
            "give the new one another name, or remove the old one with: hubctl artifact remove \(other.id)"
        case .artifactInUse(_, let deployments):
            deployments.first.map { "wait for it, or end it with: hubctl deployment abort \($0)" } ?? ""
        case .deploymentFinished: "make a new one with: hubctl deployment create"
        case .noDevices: "see who may be updated with: hubctl device list --state approved"
        case .uploadOffset: "ask for its length and go on from there"
        case .notSigned: "sign it with: hubctl artifact sign FILE --key KEY"
        case .badArtifact: "look at the file with: hubctl artifact inspect FILE"
        case .storageFull: "make room with: hubctl artifact prune, or raise updates.storageMegabytes"
        case .tooLarge(Self.wholeArtifact, _):
            "raise updates.artifactMegabytes in the hub's configuration, or make it smaller"
        case .tooLarge: "make it smaller: the format of artifacts sets this limit"
        case .invalid, .aborted, .decommissioned, .conflictingReport: ""
        }
    }
}

extension IdentityError: PeerFacingError {
    package var status: HTTPResponse.Status {
        switch self {
        case .unknown: .notFound
        case .badChange, .deviceLimit, .exists: .conflict
        }
    }

    package var code: String {
        switch self {
        case .unknown: "unknownIdentity"
        case .badChange: "badKeyChange"
        case .deviceLimit: "deviceLimit"
        case .exists: "identityExists"
        }
    }

    package var message: String {
        switch self {
        case .unknown: "the device has no such key of the update protocol"
        case .badChange: "the key can't go from where it stands to there"
        case .deviceLimit: "as many devices are accepted as the configuration allows"
        case .exists(let identity): "device \(identity.deviceID) has that identity already"
        }
    }

    package var hint: String {
        switch self {
        case .unknown: "list the known ones with: hubctl device list"
        case .badChange(let deviceID): "see how it stands with: hubctl device show \(deviceID)"
        case .deviceLimit: "take one out of service; hubctl device list --state approved names them"
        case .exists: "give the key to that device with --force"
        }
    }
}
