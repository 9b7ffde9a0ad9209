internal import Administration
internal import Backup
internal import CoreMetrics
internal import Files
internal import Foundation
package import HubHTTP
internal import Hummingbird
package import Issuing
internal import Journal
internal import LinkServer
package import Logging
internal import MenderServer
package import Presence
package import HubRuntime
internal import Reach
internal import Releases
package import Rooms
internal import Secrets
internal import ServiceLifecycle
internal import Store
package import UnixSignals
package import Updates
internal import Upkeep

/// The hub: makes all parts, hands them to each other, runs them as one service group.
///
/// ```
/// let hub = try await Hub(configuration: configuration, state: StateFolder("./var"), logger: logger)
/// try await hub.run()
/// ```
package final class Hub: Sendable {
    /// Devices, secrets, services, users and the audit trail.
    package let rooms: Rooms
    package let issuer: Issuer
    package let updates: Updates
    package let artifacts: Artifacts
    /// CRLs of every authority.
    package let lists: RevocationLists
    package let responder: OCSPResponder
    /// Makes and retires authorities.
    package let catalogue: AuthorityCatalogue
    let connections = OpenConnections()
    /// Which devices are connected.
    package let presence: Presence
    let links: DeviceLinks
    /// What live links work with.
    let linkServices: LinkServices
    let tunnels = TunnelHandle()
    let publication: Publication?
    let pkiAddress: ListenAddress?
    let configuration: HubConfiguration
    let state: StateFolder
    let metrics: MetricsText
    let readiness = Readiness()
    let announcement: Announcement
    let logger: Logger
    let writeLogSums: @Sendable () -> Void
    let startedAt = Date.now
    let settings: LiveSettings
    let reload: @Sendable () throws -> HubConfiguration?
    private let store: Store
    private let backupPlace = BackupPlace()
    private let environment: [String: String]
    private let lock: HeldLock

    /// Opens the state folder: makes or reads keys, authority and database. Nothing listens yet.
    ///
    /// The order matters: the lock before anything is touched, a restoration before files are opened, the key before
    /// the store, the clock before anything compares times. Then from the lowest room up. Of the subscribers to
    /// endings those that judge requests come before those that close connections, so that what is closed cannot come
    /// back. What a run that was interrupted left is cleared last, before the first listener opens.
    ///
    /// - Parameters:
    ///   - environment: for `$CREDENTIALS_DIRECTORY`, `$NOTIFY_SOCKET`.
    ///   - metrics: where `/metrics` reads from.
    ///   - writeLogSums: tells how many lines the log has left out; called every few seconds.
    ///   - settings: what SIGHUP may change; shared with the log.
    ///   - reload: reads the configuration again.
    ///   - isNewStore: makes a new store where one was lost.
    ///   - now: present time in Unix seconds.
    ///   - steady: seconds of a clock that nobody sets, from whatever beginning.
    /// - Throws: what ``StartFailure/line(for:)`` explains.
    package init(
        configuration: HubConfiguration, state: StateFolder, environment: [String: String] = [:],
        metrics: MetricsText = MetricsText(), logger: Logger, writeLogSums: @escaping @Sendable () -> Void = {},
        settings: LiveSettings? = nil,
        reload: @escaping @Sendable () throws -> HubConfiguration? = { nil }, isNewStore: Bool = false,
        now: @escaping @Sendable () -> Int64 = { Int64(Date.now.timeIntervalSince1970) },
        steady: @escaping @Sendable () -> Int64 = SteadyClock.seconds
    ) async throws {
        try state.prepare()
        lock = try HeldLock(state)
        try Restoration(state: state.path).finishPending()
        let credentials = environment["CREDENTIALS_DIRECTORY"]
        try StoreKey.requireStore(
            own: state.storeKey, mark: state.storeMark, database: state.database, isNew: isNewStore)
        let (sealingKey, keyFile) = try StoreKey.open(
            own: state.storeKey, given: configuration.storeKeyFile, credentials: credentials, database: state.database)
        store = try Store(
            path: state.database, sealingKey: sealingKey,
            migrations: [Rooms.addMigrations, Issuer.addMigrations, Updates.addMigrations], release: Release.version
        ) { bytes in
            logger.notice("the store is copied before it is upgraded", metadata: ["bytes": "\(bytes)"])
            // Copying a large store takes longer than the unit allows for a start.
            ServiceNotifier(environment: environment).notify("EXTEND_TIMEOUT_USEC=3600000000")
        }
        try await StoreKey.check(store, file: keyFile, mark: state.storeMark, database: state.database)
        try StoreKey.settle(own: state.storeKey, used: keyFile, mark: state.storeMark)
        if let copy = store.upgradedFrom {
            logger.notice("the store was upgraded; a copy from before is kept", metadata: ["file": "\(copy)"])
        }
        let module = configuration.authorityModule.isEmpty ? nil : configuration.authorityModule
        rooms = Rooms(store: store, limits: configuration.limits, now: now, steady: steady) { uri in
            try CoSignerToken.key(uri, module: module)
        }
        let clockChange = try await rooms.journal.lookAtClock()
        presence = Presence(journal: rooms.journal)
        links = DeviceLinks(presence: presence)
        self.settings = settings ?? LiveSettings(configuration)
        (pkiAddress, publication) = PublicationAddress.resolve(configuration, hostName: ThisHost.localName())
        catalogue = try AuthoritySetup(
            configuration, state, credentials: credentials, publication: publication
        ).catalogue()
        issuer = Issuer(
            authorities: try await catalogue.open(store, now: now()), journal: rooms.journal, secrets: rooms.secrets,
            devices: rooms.devices, identities: rooms.identities, reach: rooms.reach, grace: configuration.grace)
        rooms.journal.endings.subscribe(connections)
        artifacts = try Artifacts(
            journal: rooms.journal, folder: state.artifacts, limits: try configuration.updatesLimits())
        updates = Updates(
            journal: rooms.journal, devices: rooms.devices, identities: rooms.identities, inventory: rooms.inventory,
            configurations: rooms.configurations, artifacts: artifacts, releases: rooms.releases)
        linkServices = LinkServices(
            journal: rooms.journal, presence: presence, devices: rooms.devices, linkKeys: rooms.linkKeys,
            health: rooms.health, updates: updates, artifacts: artifacts, limits: configuration.links, logger: logger)
        lists = RevocationLists(issuer: issuer)
        responder = OCSPResponder(issuer: issuer)
        self.configuration = configuration
        self.state = state
        self.environment = environment
        self.metrics = metrics
        self.logger = logger
        self.writeLogSums = writeLogSums
        self.reload = reload
        announcement = Announcement(name: configuration.discoveryName, readiness: readiness, logger: logger)
        try await rooms.secrets.dropVolatileSecrets()
        for number in try await rooms.secrets.clearUnfinishedImports() {
            SecureFile.remove("\(state.imports)/\(number).report.csv")
        }
        try await issuer.loadRevocations()
        try await rooms.reach.loadTunnelTokens()
        try await settleCoSigning()
        backup.clear()
        if let clockChange { ClockWatch.tell(clockChange, logger) }
    }

    /// Runs until SIGTERM or SIGINT, or until the surrounding task is cancelled.
    package func run(signals: [UnixSignal] = [.sigterm, .sigint]) async throws {
        let services = try await HubServices(hub: self, environment: environment).all()
        var group = ServiceGroupConfiguration(
            services: services.map { .init(service: $0, failureTerminationBehavior: .gracefullyShutdownGroup) },
            gracefulShutdownSignals: signals, logger: logger)
        group.maximumGracefulShutdownDuration = .seconds(8)
        // Past this limit the process is ended: right for hubd after a signal, wrong for a process that only embeds a
        // hub.
        group.maximumCancellationDuration = signals.isEmpty ? nil : .seconds(1)
        do {
            try await ServiceGroup(configuration: group).run()
        } catch {
            // The reason why the hub ends is worth more than a second one.
            try? await rooms.journal.writeAuditSums(isLast: true)
            throw error
        }
        try await rooms.journal.writeAuditSums(isLast: true)
        try store.close()
    }

    /// After a restore co-signing waits for an operator; a project whose key can't be opened does not keep the hub from
    /// starting.
    private func settleCoSigning() async throws {
        if SecureFile.exists(state.restoredMark) {
            try await rooms.releases.noteRestore()
            SecureFile.remove(state.restoredMark)
        }
        for project in try await rooms.releases.projectsWithoutCoSigner() {
            logger.error(
                "the co-signer key of a project can't be opened: nothing is co-signed for it",
                metadata: ["project": "\(project)"])
        }
    }

    var backup: StateBackup {
        StateBackup(
            state: state, site: configuration.siteName,
            elsewhere: configuration.keptElsewhere(credentials: environment["CREDENTIALS_DIRECTORY"]), store: store,
            journal: rooms.journal, place: backupPlace)
    }

    /// Where each listener waits; complete once the hub is ready.
    package func addresses() async -> [String: ListenAddress] {
        await readiness.wait()
    }
}

/// Holds the state's lock as long as the hub lives: a second one on the same state would have two writers.
private final class HeldLock: Sendable {
    private let lock: FolderLock

    /// - Throws: ``HubError/stateInUse(_:)``.
    init(_ state: StateFolder) throws {
        guard let lock = FolderLock(state.path) else { throw HubError.stateInUse(state.path) }
        self.lock = lock
    }
}
