internal import Devices
import Foundation
internal import Journal
internal import JournalTestSupport
import PKI
internal import RecordTestSupport
internal import Rooms
import Testing
import Updates
import UpdatesTestSupport

/// What devices and operators do with artifacts, without HTTP.
extension UpdatesRig {
    /// A rig whose clock stands in 2026.
    static func make(
        folder: TemporaryFolder? = nil, clock: ManualClock = ManualClock(at: 1_790_000_000),
        change: (inout Options) -> Void = { _ in }
    ) async throws -> UpdatesRig {
        try await UpdatesRig(folder: folder, clock: clock, change: change)
    }

    /// A device that may have updates; the ID of its record.
    func device(_ name: String) async throws -> String {
        let key = try PrivateKey.makeP256().publicKey
        let request = AuthenticationRequest(
            identity: #"{"n":"\#(name)"}"#, publicKey: key, tier: "standard",
            certifiedDeviceID: nil,
            address: name)
        _ = try await rooms.identities.preauthorize(
            request.identity, publicKey: key, force: true, by: .hub)
        let token = try #require(try await rooms.identities.authenticate(request))
        return try #require(try await rooms.identities.session(deviceToken: token)).deviceID
    }

    func devices(_ count: Int) async throws -> [String] {
        var devices: [String] = []
        for number in 0..<count { devices.append(try await device("\(number)")) }
        return devices
    }

    @discardableResult
    func upload(_ bytes: [UInt8]) async throws -> StoredArtifact {
        let upload = try artifacts.beginUpload()
        do {
            try await Self.write(bytes, to: upload)
        } catch {
            artifacts.abandon(upload)
            throw error
        }
        return try await artifacts.finish(upload, description: "", by: .hub)
    }

    static func write(_ bytes: [UInt8], to upload: ArtifactUpload, at offset: Int64 = 0) async throws {
        let sink = try await upload.append(at: offset)
        try unsafe bytes.withUnsafeBytes { try unsafe sink.write($0) }
        try sink.flush()
    }

    /// A deployment to devices.
    func deploy(
        _ artifact: String, to devices: [String], name: String = "d", _ change: (inout RolloutPlan) -> Void = { _ in }
    ) async throws -> Deployment {
        var new = NewDeployment(name: name, artifactName: artifact, target: .devices)
        new.devices = devices
        change(&new.plan)
        return try await updates.deploy(new, by: .hub)
    }

    /// What a device is told; the number of the deployment.
    func next(_ device: String, _ provided: [String: String] = [:]) async throws -> String? {
        try await instructions(device, provided)?.deployment.id
    }

    func instructions(_ device: String, _ provided: [String: String] = [:]) async throws -> Instructions? {
        var report = DeviceReport(artifactName: "rel-0", deviceType: "qemu", takesHoldPoints: true)
        for (name, value) in provided {
            switch name {
            case "artifact_name": report.artifactName = value
            case "device_type": report.deviceType = value
            default: report.provides[name] = value
            }
        }
        return try await updates.next(device, report, by: .hub)
    }

    func report(_ status: InstallationStatus, _ deployment: Deployment, _ device: String) async throws {
        try await updates.report(status, substate: "", of: deployment.id, device: device, by: .hub)
    }

    /// The deployment as it stands.
    func now(_ deployment: Deployment) async throws -> Deployment {
        try await updates.deployment(deployment.id)
    }

    func installations(_ deployment: Deployment) async throws -> [Installation] {
        try await updates.installations(of: deployment, statuses: [], offset: 0, limit: 10_000).installations
    }

    /// States of a deployment's devices that are not zero.
    func statistics(_ deployment: Deployment) async throws -> [InstallationStatus: Int] {
        try await updates.statistics(of: try await now(deployment)).counts.filter { $0.value != 0 }
    }

    /// Names of the files of artifacts and uploads.
    func files() -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: artifactFolder)) ?? []).sorted()
    }
}
