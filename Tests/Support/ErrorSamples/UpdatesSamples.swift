internal import Foundation
package import Updates

extension UpdatesError: SampledError {
    package static var first: UpdatesError { .invalid("lamp-1") }

    package var next: UpdatesError? {
        switch self {
        case .invalid: .unknownArtifact("lamp-1")
        case .unknownArtifact: .unknownDeployment("lamp-1")
        case .unknownDeployment: .notForDevice
        case .notForDevice: .unknownGroup("lamp-1")
        case .unknownGroup: .noArtifact("lamp-1")
        case .noArtifact: existing
        case .artifactExists: .artifactInUse("lamp-1", deployments: ["d-1"])
        case .artifactInUse: .deploymentExists
        case .deploymentExists: .deploymentFinished
        case .deploymentFinished: .noDevices
        case .noDevices: .aborted
        case .aborted: .decommissioned
        case .decommissioned: .conflictingReport
        case .conflictingReport: .notSigned
        case .notSigned: .tooLarge("a script", limit: 7)
        case .tooLarge: .badArtifact("lamp-1")
        case .badArtifact: .storageFull
        case .storageFull: .unknownUpload("lamp-1")
        case .unknownUpload: .uploadOffset(7)
        case .uploadOffset: .releaseMissing(artifact: "a-1", type: "lamp")
        case .releaseMissing: .firmwareNotSigned("lamp-1")
        case .firmwareNotSigned: .firmwareKeyMissing
        case .firmwareKeyMissing: .firmwareExists(uuid: "u-1", artifact: "a-1")
        case .firmwareExists: .unknownFirmwareKey("lamp-1")
        case .unknownFirmwareKey: .firmwareKeyExists("lamp-1")
        case .firmwareKeyExists: .firmwareKeyNamed("lamp-1")
        case .firmwareKeyNamed: .doesNotFit("release-1", device: "lamp-1", reason: "a reason")
        case .doesNotFit: .notArchive("lamp-1")
        case .notArchive: .unknownArchive("lamp-1")
        case .unknownArchive: .artifactIsArchive("lamp-1")
        case .artifactIsArchive: .archiveNotSigned
        case .archiveNotSigned: .archiveKeyMissing
        case .archiveKeyMissing: nil
        }
    }
}

/// An artifact that is kept, as the store reads it.
private let existing: UpdatesError? = {
    let text = """
        {"id":"6f1c6ba0-0000-4000-8000-000000000002","name":"release-1","description":"","sha256":"","size":0,\
        "modifiedAt":0,"deviceTypes":["lamp"],"depends":{},"provides":{},"files":[],"metadata":"","scripts":[],\
        "signature":"unsigned"}
        """
    let artifact = try? JSONDecoder().decode(StoredArtifact.self, from: Data(text.utf8))
    return artifact.map { .artifactExists(ArtifactConflict($0)) }
}()
