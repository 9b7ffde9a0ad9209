internal import Artifact
internal import Devices
internal import Journal
internal import JournalTestSupport
internal import RecordTestSupport
internal import Rooms
import Testing
import Wire

@testable import Updates
internal import UpdatesTestSupport

/// A device with a link: what it runs, and what passes between it and the hub.
struct LiveDevice {
    let rig: UpdatesRig
    let id: String
    var running: RunningFirmware

    /// A device that runs firmware of this version.
    init(_ rig: UpdatesRig, _ name: String = "lamp", version: String = "0.1.0") async throws {
        self.rig = rig
        id = try await rig.device(name)
        running = Self.firmware(version)
    }

    /// The same device of a hub that was restarted.
    init(_ rig: UpdatesRig, _ former: LiveDevice) {
        (self.rig, id, running) = (rig, former.id, former.running)
    }

    /// What firmware of a version says of itself.
    static func firmware(_ version: String) -> RunningFirmware {
        RunningFirmware(
            uuid: uuid(version), product: "widget", version: version, platform: "qemu", architecture: "arm")
    }

    static func uuid(_ version: String) -> String { "00000000-0000-5000-0000-\(version)" }

    /// The link begins: the device says what it runs, and what it is fetching.
    mutating func join(_ version: String? = nil, downloading: String? = nil, hasReverted: Bool = false) async throws {
        if let version { running = Self.firmware(version) }
        (running.downloading, running.hasReverted) = (downloading.map(Self.uuid), hasReverted)
        try await rig.updates.joined(id, running: running, by: .hub)
    }

    /// What the hub sends it now: the name of the release.
    func sent(_ occasion: DeviceReport.Occasion = .push) async throws -> String? {
        try await rig.updates.next(id, DeviceReport(running, occasion: occasion), by: .hub)?.artifact?.name
    }

    func says(_ report: LinkStatus) async throws {
        try await rig.updates.report(report, device: id, by: .hub)
    }

    /// What the inventory knows of it, where that is text.
    func known() async throws -> [String: String] {
        let attributes = try await rig.rooms.inventory.inventory(of: id).attributes
        return attributes.filter { $0.scope == .inventory }.reduce(into: [:]) { known, attribute in
            if case .string(let text) = attribute.value { known[attribute.name] = text }
        }
    }

    /// Details of its events of one kind, oldest first.
    func events(_ action: String) async throws -> [String] {
        try await rig.rooms.journal.auditEvents(before: nil, subject: id, limit: 500)
            .filter { $0.action == action }.map(\.detail).reversed()
    }

    func settings() async throws -> UpdateSettings { try await rig.updates.settings(of: id) }
}

extension UpdatesRig {
    /// Uploads firmware of a version; its release is `widget-VERSION`.
    @discardableResult
    func firmware(_ version: String) async throws -> StoredArtifact {
        try await upload(
            try Self.artifact("widget-\(version)") { $0.provides[DeviceReport.firmwareUUID] = LiveDevice.uuid(version) }
        )
    }

    static let widgets = #"[{"scope":"inventory","attribute":"product","type":"$eq","value":"widget"}]"#

    /// A roll-out to all widgets, also those that come later.
    func rollOut(_ version: String, _ change: (inout RolloutPlan) -> Void = { _ in }) async throws -> Deployment {
        var new = NewDeployment(
            name: "all widgets", artifactName: "widget-\(version)", target: .filter(Self.widgets))
        change(&new.plan)
        return try await updates.deploy(new, by: .hub)
    }

    /// State of a deployment on one device.
    func state(_ deployment: Deployment, _ device: LiveDevice) async throws -> InstallationStatus? {
        try await updates.installation(of: deployment, device: device.id)?.status
    }

    func substate(_ deployment: Deployment, _ device: LiveDevice) async throws -> String? {
        try await updates.installation(of: deployment, device: device.id)?.substate
    }
}
