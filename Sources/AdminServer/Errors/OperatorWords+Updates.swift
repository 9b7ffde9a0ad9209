internal import Journal
internal import Updates

extension OperatorWords {
    static func words(_ error: UpdatesError) -> OperatorWords {
        switch error {
        case .invalid: .init("badRequest")
        case .unknownArtifact(let id):
            // What is no ID is mostly the name of a release.
            .init(
                "unknownArtifact",
                UniqueID.isValid(id)
                    ? "list the kept ones with: hubctl artifact list"
                    : "IDs are in the list; those of a release: hubctl artifact list --release \(id)")
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
        case .firmwareNotSigned:
            .init(
                "firmwareNotSigned",
                "sign it with: fwup --sign; its key must be in: hubctl artifact key list")
        case .firmwareKeyMissing:
            .init(
                "firmwareKeyMissing",
                "give the hub the publisher's public key with: hubctl artifact key add NAME FILE")
        case .firmwareExists(_, let artifact):
            .init(
                "firmwareExists",
                "remove the other one first with: hubctl artifact remove \(artifact)")
        case .unknownFirmwareKey: .init("unknownFirmwareKey", "list the known ones with: hubctl artifact key list")
        case .firmwareKeyExists(let name):
            .init("firmwareKeyExists", "remove it first with: hubctl artifact key remove \(name)")
        case .firmwareKeyNamed(let name):
            .init(
                "firmwareKeyExists",
                "it counts under that name; to rename it, remove it first with: hubctl artifact key remove \(name)")
        case .doesNotFit(_, let device, _):
            .init(
                "artifactDoesNotFit",
                "see what it reports with: hubctl device show \(device); list what is there with: hubctl artifact list")
        case .notArchive: .init("notArchive", "bring it as one with: hubctl archive add FILE")
        case .unknownArchive: .init("unknownArchive", "list the offered ones with: hubctl archive list")
        case .artifactIsArchive(let id): .init("artifactIsArchive", "end that first with: hubctl archive remove \(id)")
        case .archiveNotSigned:
            .init(
                "archiveNotSigned",
                "sign it with: fwup --sign; its key must be in: hubctl artifact key list, with purpose archive")
        case .archiveKeyMissing:
            .init(
                "archiveKeyMissing",
                "give the hub the publisher's public key with: hubctl artifact key add NAME FILE --purpose archive")
        case .storageFull:
            .init(
                "artifactStorageFull",
                "make room with: hubctl artifact prune, or raise updates.storageMegabytes")
        }
    }
}
