package import Devices
package import Journal
package import PKI
package import Releases
package import Store

/// Deployments of artifacts and what became of them on each device, whatever protocol the device speaks.
package final class Updates: Sendable {
    let journal: Journal
    let devices: Devices
    let identities: Identities
    let inventory: Inventory
    let configurations: Configurations
    /// What an operator may configure.
    package let limits: UpdatesLimits
    /// Downloads that are under way.
    package let downloads = ActiveDownloads()
    /// What is there for devices, as it happens.
    package let notices = UpdateNotices()
    /// How far devices are that report over their links.
    let live = LiveProgress()
    /// How often each device may change what is written down of its firmware.
    let firmwareChanges = RateBudget(burst: 10)
    /// How often each device may change its mode.
    let modeChanges = RateBudget(burst: 10)
    /// How often the audit trail says that a device does not say what it runs.
    let metadataNotices = RateBudget(burst: 3)
    /// Deployments in which a place became free.
    let freedSlots = FreedSlots()
    /// Where the last look at what is due ended.
    let dueCursor = DueCursor()
    let artifacts: Artifacts
    /// What may go to which kind of device; `nil` where nothing is co-signed.
    let releases: Releases?
    /// Whether there is nothing to do for any device.
    let idleness = RecentValues<IdlenessKey, Bool>(limit: 2)
    let deploymentTables: WatchedTables
    /// What is offered as archives, as long as nobody changes it.
    let offeredArchives = RecentValues<ArchivesKey, [Archive]>(limit: 2)
    let archiveTables: WatchedTables
    let localTime: @Sendable (Int64) -> TimeOfWeek
    let linkKey: [UInt8]
    var now: @Sendable () -> Int64 { journal.now }

    /// Serves devices; the migrations of the store include ``addMigrations(to:)``.
    ///
    /// - Parameter localTime: day and minute of a moment on the hub's wall clock, for maintenance windows.
    package init(
        journal: Journal, devices: Devices, identities: Identities, inventory: Inventory,
        configurations: Configurations, artifacts: Artifacts, releases: Releases? = nil,
        localTime: @escaping @Sendable (Int64) -> TimeOfWeek = TimeOfWeek.init
    ) {
        (self.journal, self.devices, self.identities) = (journal, devices, identities)
        (self.inventory, self.configurations) = (inventory, configurations)
        (self.artifacts, limits) = (artifacts, artifacts.limits)
        self.localTime = localTime
        self.releases = releases
        deploymentTables = journal.store.watch("deployment", "installation")
        archiveTables = journal.store.watch("archive", "artifact")
        linkKey = journal.store.sealingKey.derive("latchkey download").bytes
        devices.endWork.add { [weak self] device, db in
            guard let self, device.state == .removed else { return }
            try endInstallations(of: device.id, as: .decommissioned, by: .hub, in: db)
            try UpdateSettingsStore.remove(device.id, in: db)
        }
        releases?.gateWork.add { [weak self] db in try self?.holdUncovered(in: db) }
        journal.endings.subscribe(downloads)
    }

    /// The tables of this module, those of ``Artifacts`` among them, oldest first; never edited once released.
    package static func addMigrations(to migrator: inout MigrationList) {
        ArtifactStore.addMigrations(to: &migrator)
        DeploymentStore.addMigrations(to: &migrator)
        InstallationStore.addMigrations(to: &migrator)
        UpdateSettingsStore.addMigrations(to: &migrator)
        FirmwareStore.addMigrations(to: &migrator)
        ArchiveStore.addMigrations(to: &migrator)
    }
}

/// Bounds of what the hub keeps and hands out.
package struct UpdatesLimits: Sendable, Equatable {
    /// Largest artifact, in bytes.
    package var artifactBytes: Int64 = 10_000_000_000
    /// Bytes all artifacts may take, with uploads that are not finished; 0 for no bound.
    package var storageBytes: Int64 = 0
    /// Seconds a download link is valid.
    package var linkSeconds: Int64 = 86_400
    /// Keys of those who may publish.
    package var publishers: [PublicKey] = []
    /// Whether an artifact without a signature of one of the publishers is refused.
    package var wantsSignature = false
    /// Whether firmware archives are taken that no firmware key signed.
    package var takesUnsignedFirmware = false
    /// Devices one deployment may name.
    package var devicesPerDeployment = 100_000

    package init() {}
}
