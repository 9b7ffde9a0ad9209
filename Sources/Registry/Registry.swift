internal import Foundation
package import GRDB
internal import PKI
package import Store
internal import Synchronization

/// What the hub knows: devices, secrets, services, users and the audit trail.
///
/// Each noun has its folder: a value type, a `…Store` with the SQL and the rules as methods of this type. Whoever
/// changes something does it through a method that writes the audit event in the same transaction.
package final class Registry: Sendable {
    /// The database all records live in.
    package let store: Store
    /// Limits and defaults that an operator may configure.
    package let limits: RegistryLimits
    /// Present time in Unix seconds; an argument, so that tests can move it.
    package let now: @Sendable () -> Int64
    /// Seconds of a clock that nobody sets, from whatever beginning: for durations within one run of the hub.
    package let steady: @Sendable () -> Int64
    let clock = Mutex<ClockState?>(nil)
    /// Number of this run of the hub.
    let start = Int64.random(in: 1...Int64.max)
    let secretKey: SealingKey
    let auditKey: SealingKey
    let webhookKey: SealingKey
    /// Signs tokens of devices and people.
    let tokens: WebTokenSigner
    /// Who hears of devices that are shut out.
    package let endings = DeviceEndings()
    /// Names that certificates of other roles bear.
    package let otherNames = OtherNames()
    /// Which addresses are one machine's.
    package let neighbours = Neighbours()
    package let tunnels: TunnelAccess
    let pendingEstimate = PendingEstimate()
    /// Tries to be recorded while as many devices wait as may: of an address, and of all addresses of an IPv6 prefix.
    let crowding = RateBudget(burst: 8)
    let crowdingOfPrefixes = RateBudget(burst: 64)
    /// New keys and names of devices of the update protocol that prove to be known.
    let keyChanges = RateBudget(burst: 20)
    /// Guesses at strong secrets that are looked at while guesses are locked.
    let lockedGuesses = RateBudget(burst: 10)
    let servicesChanges = ChangeCount()
    let auditTail = RememberedTail()
    let auditQuota = Mutex(AuditQuota())
    let passwords = PasswordWorker()
    let logins = LoginGuard()
    let searches = SearchGate(atOnce: 2, waitingLimit: 16)

    /// Makes the registry over an open store whose migrations include ``addMigrations(to:)``.
    ///
    /// - Parameter steady: seconds of a clock that nobody sets; `nil` where nobody sets the other one either, as in
    ///   some tests.
    package init(
        store: Store, limits: RegistryLimits = RegistryLimits(), now: @escaping @Sendable () -> Int64,
        steady: (@Sendable () -> Int64)? = nil
    ) {
        self.store = store
        self.limits = limits
        self.now = now
        self.steady = steady ?? now
        secretKey = store.sealingKey.derive("latchkey secret")
        auditKey = store.sealingKey.derive("latchkey audit")
        webhookKey = store.sealingKey.derive("latchkey webhook")
        tokens = WebTokenSigner(store.sealingKey.derive("latchkey token"))
        tunnels = TunnelAccess(key: store.sealingKey.derive("latchkey tunnel"), now: now) { id in
            // What can't be read does not count.
            (try? store.lookUp { db in try TunnelTokenStore.find(id, in: db) })?.expiresAt
        }
    }

    /// The tables of this module, oldest first; never edited once released.
    package static func addMigrations(to migrator: inout DatabaseMigrator) {
        AuditStore.addMigrations(to: &migrator)
        DeviceStore.addMigrations(to: &migrator)
        SecretStore.addMigrations(to: &migrator)
        ServiceStore.addMigrations(to: &migrator)
        UserStore.addMigrations(to: &migrator)
        SecretStore.addPairingMigration(to: &migrator)
        WebhookStore.addMigrations(to: &migrator)
        AlarmStore.addMigrations(to: &migrator)
        PairingWindowStore.addMigrations(to: &migrator)
        IdentityStore.addMigrations(to: &migrator)
        UserStore.addIdentityMigration(to: &migrator)
        UserTokenStore.addMigrations(to: &migrator)
        UserSettingStore.addMigrations(to: &migrator)
        AttributeStore.addMigrations(to: &migrator)
        GroupStore.addMigrations(to: &migrator)
        ConfigurationStore.addMigrations(to: &migrator)
        TunnelTokenStore.addMigrations(to: &migrator)
        TunnelRunStore.addMigrations(to: &migrator)
        DeviceStore.addWaitingMigration(to: &migrator)
        WebhookStore.addLossMigration(to: &migrator)
        AuditStore.addPruneMigration(to: &migrator)
        GuessStore.addAddressMigration(to: &migrator)
        DeviceStore.addOtherKeysMigration(to: &migrator)
        GuessStore.addAgeMigration(to: &migrator)
    }
}

/// Bounds on what strangers can make the hub store, and defaults of secrets.
package struct RegistryLimits: Sendable, Equatable {
    /// Devices that may wait for approval at the same time.
    package var pendingTotal = 10_000
    /// Devices that may wait for approval from one network address.
    package var pendingPerAddress = 64
    /// Whether devices nobody knows are recorded only while a pairing window is open.
    package var windowRequired = false
    /// Messages to webhooks that may wait, of all receivers together; each has an equal share, beyond which its oldest
    /// are dropped.
    package var webhookQueue = 10_000
    /// Bytes of those messages, of all receivers together, shared in the same way.
    package var webhookBytes: Int64 = 16 << 20
    /// Life of a secret without `validUntil`, in seconds (docs/protocols/idprov.md 4: 3 days).
    package var secretValiditySeconds: Int64 = 3 * 86_400
    /// Wrong signatures after which a device's secret is locked (docs/protocols/idprov.md 7).
    package var wrongGuesses = 10
    /// First lock in seconds; each further one is twice as long.
    package var firstLockSeconds: Int64 = 60
    /// Longest lock in seconds.
    package var longestLockSeconds: Int64 = 3600
    /// Pause after the first failed pairing in seconds; each further one is twice as long
    /// (docs/protocols/secure-pairing.md 7).
    package var pairingBackOffSeconds: Int64 = 1
    /// Whether secrets that are easy to guess count for pairing only.
    package var weakSecretsNeedPairing = false
    /// Keys of the update protocol that may be accepted at the same time; -1 for no limit.
    package var acceptedDevices = -1
    /// Drops all secrets when the hub starts, as the protocol's text wants (docs/protocols/idprov.md 4).
    package var volatileSecrets = false

    package init() {}
}
