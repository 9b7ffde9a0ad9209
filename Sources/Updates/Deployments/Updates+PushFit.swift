internal import Devices
internal import Store
internal import Wire

/// Whether what an operator pushes fits the device, before the device is asked: a push that fits nothing would only
/// keep roll-outs from it.
extension Updates {
    /// Makes sure that one of the artifacts of a release fits, as far as the device has told. What it has not told
    /// fits.
    ///
    /// - Throws: ``UpdatesError/doesNotFit(_:device:reason:)``.
    func requireFit(_ artifacts: [StoredArtifact], of release: String, to deviceID: String, in db: Database) throws {
        let told = try told(by: deviceID, in: db)
        var reasons: [String] = []
        for artifact in artifacts {
            guard let reason = try told.obstacle(to: artifact, asksForUpdates: { try asks(deviceID, in: db) }) else {
                return
            }
            if !reasons.contains(where: { $0.utf8.elementsEqual(reason.utf8) }) { reasons.append(reason) }
        }
        let reason = reasons.prefix(Self.reasonLimit).joined(separator: "; ")
        throw UpdatesError.doesNotFit(release, device: deviceID, reason: reason)
    }

    /// Artifacts of a release that a refusal speaks of.
    private static let reasonLimit = 3

    private func told(by deviceID: String, in db: Database) throws -> ToldOfDevice {
        func text(_ name: String) throws -> String? {
            try inventory.reportedText(name, of: deviceID, in: db).flatMap { $0.isEmpty ? nil : $0 }
        }
        // A device that has joined has said at least one of these.
        let joined = [DeviceReport.firmwareUUID, RunningFirmware.missingName, "device_api_version"]
        return ToldOfDevice(
            hasLink: try joined.contains { try text($0) != nil }, platform: try text("platform"),
            deviceType: try text("device_type"),
            values: try ToldOfDevice.choosing.reduce(into: [:]) { try $0[$1] = text($1) },
            tools: try text("update_tool"))
    }

    /// Whether the device speaks the update protocol: it has an accepted key of it.
    private func asks(_ deviceID: String, in db: Database) throws -> Bool {
        let id = DeviceID(deviceID)
        return try identities.updatableDevices(in: db).contains { DeviceID($0) == id }
    }
}

/// What a device has said of itself when it last reported; `nil` for what nobody knows.
private struct ToldOfDevice {
    /// Whether it said over a link what it runs.
    let hasLink: Bool
    /// Its kind, as it says over a link.
    let platform: String?
    /// Its kind, as it says in the update protocol.
    let deviceType: String?
    /// What firmware is chosen by beside the kind, by name.
    let values: [String: String]
    /// What installs firmware on it, separated by commas or blanks.
    let tools: String?

    static let choosing = ["product", "architecture"]

    /// Why the device would not install an artifact; `nil` when nothing is known that speaks against it.
    ///
    /// - Parameter asksForUpdates: whether it speaks the update protocol; asked only where that decides.
    func obstacle(to artifact: StoredArtifact, asksForUpdates: () throws -> Bool) rethrows -> String? {
        guard artifact.format != .mender else {
            let asks = try !hasLink || asksForUpdates()
            guard asks else { return "it is a .mender file, and the device installs firmware over its link" }
            return kindObstacle(artifact, "device type", deviceType)
        }
        guard try hasLink || !asksForUpdates() else {
            return "it is firmware, and the device has not said over a link what it runs: it takes .mender files"
        }
        return toolObstacle(artifact) ?? kindObstacle(artifact, "platform", platform)
            ?? Self.choosing.lazy.compactMap { valueObstacle(artifact, $0) }.first
    }

    private func toolObstacle(_ artifact: StoredArtifact) -> String? {
        guard let tools else { return nil }
        let names = tools.split { $0 == "," || $0 == " " }
        let fits = artifact.format == .fwup ? names.contains("fwup") : names.contains { $0 != "fwup" }
        guard !fits, !names.isEmpty else { return nil }
        return "it is a \(artifact.format == .fwup ? ".fw archive" : "raw file"), and the device installs with \(tools)"
    }

    private func kindObstacle(_ artifact: StoredArtifact, _ name: String, _ kind: String?) -> String? {
        guard let kind, !artifact.deviceTypes.contains(kind) else { return nil }
        return Self.sentence(name, artifact.deviceTypes, kind)
    }

    private func valueObstacle(_ artifact: StoredArtifact, _ name: String) -> String? {
        guard let wanted = artifact.depends[name], let value = values[name], !wanted.contains(value) else { return nil }
        return Self.sentence(name, wanted, value)
    }

    private static func sentence(_ name: String, _ wanted: [String], _ told: String) -> String {
        "it is for \(name) \(wanted.joined(separator: ", ")), and the device reports \(told)"
    }
}
