internal import Updates

extension OperatorWords {
    static func words(_ error: UpdatesError) -> OperatorWords {
        switch error {
        case .invalid: .init("badRequest")
        case .unknownArtifact: .init("unknownArtifact", "list the kept ones with: hubctl artifact list")
        case .unknownDeployment: .init("unknownDeployment", "list the known ones with: hubctl deployment list")
        case .unknownUpload: .init("unknownUpload", "begin again with: hubctl artifact upload FILE")
        case .unknownGroup: .init("unknownGroup", "list the known ones with: hubctl group list")
        case .notForDevice: .init("notInDeployment", "list the known ones with: hubctl deployment list")
        case .noArtifact: .init("unknownRelease", "list the kept ones with: hubctl artifact list")
        case .artifactExists(let other):
            .init(
                "artifactExists",
                "give the new one another name, or remove the old one with: hubctl artifact remove \(other.id)")
        case .artifactInUse(_, let deployments):
            .init(
                "artifactInUse",
                deployments.first.map { "wait for it, or end it with: hubctl deployment abort \($0)" } ?? "")
        case .deploymentExists: .init("deploymentExists", "list the known ones with: hubctl deployment list")
        case .deploymentFinished: .init("deploymentFinished", "make a new one with: hubctl deployment create")
        case .releaseMissing:
            .init("releaseMissing", "add the publisher's release with: hubctl cosign release add MESSAGE")
        case .noDevices: .init("noDevices", "see who may be updated with: hubctl device list --state approved")
        case .aborted: .init("deploymentAborted")
        case .decommissioned: .init("deviceDecommissioned")
        case .conflictingReport: .init("conflictingReport")
        case .uploadOffset: .init("uploadOffset", "ask for its length and go on from there")
        case .tooLarge(UpdatesError.wholeArtifact, _):
            .init(
                "artifactTooLarge",
                "raise updates.artifactMegabytes in the hub's configuration, or make it smaller")
        case .tooLarge: .init("artifactTooLarge", "make it smaller: the format of artifacts sets this limit")
        case .notSigned: .init("artifactNotSigned", "sign it with: hubctl artifact sign FILE --key KEY")
        case .badArtifact: .init("badArtifact", "look at the file with: hubctl artifact inspect FILE")
        case .storageFull:
            .init(
                "artifactStorageFull",
                "make room with: hubctl artifact prune, or raise updates.storageMegabytes")
        }
    }
}
