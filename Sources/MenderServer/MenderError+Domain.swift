internal import Devices
internal import People
internal import Presence
internal import Updates

extension MenderError {
    /// What a refusal of artifacts or deployments is over HTTP (docs/protocols/mender.md 12.4, 12.5).
    init(_ error: UpdatesError) {
        switch error {
        case .invalid(let reason): self = .badRequest(reason)
        case .unknownArtifact: self = .notFound("artifact not found")
        case .unknownDeployment, .notForDevice: self = .notFound("Resource not found")
        case .unknownUpload: self = .notFound("upload not found")
        case .noArtifact: self = .unprocessable("No artifact for the deployment")
        case .unknownGroup: self = .notFound("group not found")
        case .artifactExists(let other): self = .artifactExists(other)
        case .artifactInUse: self = .conflict("Artifact is used in a deployment that is not finished")
        case .deploymentExists: self = .conflict("The same deployment is under way")
        case .deploymentFinished: self = .unprocessable("Deployment already finished")
        case .releaseMissing: self = .unprocessable("No co-signed release covers an artifact of the deployment")
        case .noDevices: self = .badRequest("the deployment would reach no device")
        case .aborted: self = .conflict("Deployment aborted")
        case .decommissioned: self = .conflict("Device decommissioned")
        case .conflictingReport: self = .conflict("Device provided conflicting request data")
        case .notSigned: self = .badRequest("the artifact is not signed by a publisher of this site")
        case .tooLarge(let what, let limit): self = .partTooLarge(what, limit: limit)
        case .badArtifact(let reason): self = .badRequest("Cannot parse artifact file: \(reason)")
        case .firmwareNotSigned, .firmwareKeyMissing, .archiveNotSigned, .archiveKeyMissing:
            self = .unprocessable("Cannot take firmware: \(error.message)")
        case .firmwareExists, .firmwareKeyExists, .firmwareKeyNamed, .doesNotFit, .notArchive, .artifactIsArchive:
            self = .conflict(error.message)
        case .unknownFirmwareKey: self = .notFound("key not found")
        case .unknownArchive: self = .notFound("archive not found")
        case .storageFull: self = .noStorage
        case .uploadOffset(let offset): self = .conflict("the upload has \(offset) bytes")
        }
    }

    /// What a refusal about keys of a device is over HTTP (docs/protocols/mender.md 12.2).
    init(_ error: IdentityError) {
        switch error {
        case .unknown: self = .notFound("device not found")
        case .badChange: self = .badRequest("dev auth: this change of status is not allowed")
        case .deviceLimit: self = .unprocessable("maximum number of accepted devices reached")
        case .exists: self = .conflict("device already exists")
        }
    }

    /// What a refusal about a person's tokens is over HTTP (docs/protocols/mender.md 12.1).
    init(_ error: UserTokenError) {
        switch error {
        case .invalid(let reason): self = .badRequest(reason)
        case .nameTaken: self = .conflict("a token of that name exists")
        case .tooMany(let limit): self = .unprocessable("\(limit) tokens are the most one user may have")
        case .unknown: self = .notFound("token not found")
        }
    }

    /// What happened on a device, over HTTP (docs/protocols/mender.md 12.6).
    init(_ error: LinkError) {
        switch error {
        case .notConnected, .tooManySessions, .unsupported: self = .conflict(error.message)
        case .badMessage, .notAFile: self = .badRequest(error.message)
        case .timedOut: self = .timedOut(error.message)
        case .refused, .outOfTurn: self = .badGateway(error.message)
        }
    }

    /// What a failed login is over HTTP (docs/protocols/mender.md 12.1).
    init(_ error: LoginError) {
        switch error {
        case .wrong: self = .unauthorized("unauthorized")
        case .locked(let seconds): self = .tooMany(seconds: seconds)
        case .busy: self = .tooMany(seconds: 5)
        }
    }
}
