/// What an artifact is to a device that knows firmware by its identity.
extension StoredArtifact {
    /// Identity of the firmware, when it has one.
    var firmwareUUID: String? { firmware?.uuid ?? provides[DeviceReport.firmwareUUID] }

    /// Whether a device that reports this has it already. Firmware is told apart by its identity, whatever its name;
    /// a device refuses what it runs, so that nothing is forced there.
    func isInstalled(_ report: DeviceReport, isForced: Bool) -> Bool {
        if let mine = firmwareUUID, let running = report.firmwareUUID { return mine.isSameUUID(as: running) }
        return name == report.artifactName && !isForced
    }

    /// Whether it is what runs.
    func isRunning(_ running: RunningFirmware) -> Bool {
        if let mine = firmwareUUID { return running.uuid.map { mine.isSameUUID(as: $0) } ?? false }
        return running.artifactName.map { $0.utf8.elementsEqual(name.utf8) } ?? false
    }
}

extension String {
    /// Whether two identities are the same, in whatever case they are written.
    func isSameUUID(as other: String) -> Bool {
        lowercased().utf8.elementsEqual(other.lowercased().utf8)
    }
}
