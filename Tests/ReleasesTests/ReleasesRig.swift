import CoSignTestSupport
import CoSigning
import Devices
import Encoding
import Journal
import JournalTestSupport
import PKI
import Releases
import Secrets
import Store
import Testing

/// The room of projects and releases with those on which it stands, and a publisher.
struct ReleasesRig {
    struct Rooms {
        let journal: Journal
        let devices: Devices
        let releases: Releases
    }

    let base: RoomRig<Rooms>
    let publisher: Publisher
    var releases: Releases { base.room.releases }
    var clock: ManualClock { base.clock }
    var now: Int64 { base.clock.now }
    var projectID: String { publisher.projectID }

    /// Makes or opens what a folder holds; fresh ones get a project for `rpi4`, with its server and administrator.
    ///
    /// - Parameters:
    ///   - former: whose store is opened again.
    ///   - folder: where that store was moved to.
    ///   - tokenKey: opens a key in a token.
    init(
        reopening former: ReleasesRig? = nil, in folder: TemporaryFolder? = nil,
        change: (inout NewProject) -> Void = { _ in },
        tokenKey: @escaping @Sendable (String) throws -> PrivateKey = { _ in throw TokenGone() }
    ) async throws {
        publisher = try former?.publisher ?? Publisher()
        base = try await RoomRig(
            folder: folder ?? former?.base.folder, clock: former?.base.clock,
            migrations: [Secrets.addMigrations, Devices.addMigrations, Releases.addMigrations]
        ) { journal in
            let devices = Devices(
                journal: journal, secrets: Secrets(journal: journal), windows: PairingWindows(journal: journal))
            let inventory = Inventory(devices: devices, identities: Identities(devices: devices))
            return Rooms(
                journal: journal, devices: devices,
                releases: Releases(journal: journal, devices: devices, inventory: inventory, tokenKey: tokenKey))
        }
        guard former == nil else { return }
        var new = NewProject(id: projectID, projectKeys: [try publisher.project.verification])
        new.recoveryKeys = try publisher.recovery.map { try $0.verification }
        new.deviceTypes = ["rpi4"]
        change(&new)
        _ = try await releases.createProject(new, by: .hub)
        try await releases.addKey(publisher.server.verification, role: .server, project: projectID, by: .hub)
        try await releases.addKey(publisher.admin.verification, role: .admin, project: projectID, by: .hub)
    }

    /// What opening a key in a token that was pulled out ends with.
    struct TokenGone: Error {}
}

/// What servers, operators and devices do.
extension ReleasesRig {
    /// The server has a message co-signed.
    func coSign(
        _ claims: JSONValue? = nil, with others: [SigningKey] = [], token: String? = nil
    ) async throws -> SignedMessage {
        let request = try publisher.request(claims ?? publisher.message(at: now), at: now, with: others, token: token)
        return try await releases.coSign(request, project: projectID, by: .hub)
    }

    /// The server uploads a release, signed by the project key.
    @discardableResult
    func publish(
        _ sequence: Int64, types: [String] = ["rpi4"], _ changes: Publisher.Changes = []
    ) async throws -> ReleaseRecord {
        let claims = publisher.release(sequence, at: now, types: types, changes)
        let request = try publisher.request(claims, at: now, with: [publisher.project])
        return try await releases.publish(request, project: projectID, by: .hub).release
    }

    func setState(_ state: KeyState, of key: SigningKey) async throws {
        try await releases.setState(state, ofKey: key.kid.text, project: projectID, by: .hub)
    }

    /// Writes a record of a device.
    func put(_ id: String, _ state: DeviceState = .approved, type: String? = nil) async throws {
        try await base.store.write { [devices = base.room.devices, now] db in
            var device = Device(id: id, state: state, seen: now)
            device.deviceType = type
            try devices.save(device, in: db)
        }
    }

    func asker(_ device: String, type: String = "rpi4") async throws -> Releases.Asker {
        try #require(try await releases.asker(device, claimedType: type))
    }

    /// Numbers of what a device is offered, the first first.
    func offers(_ device: String, type: String = "rpi4", stream: String = "os") async throws -> [Int64] {
        try await releases.offers(to: asker(device, type: type), stream: stream).map(\.record.sequence)
    }

    /// The first offer, co-signed.
    func fetch(_ device: String, nonce: String? = nil, deployment: String? = nil) async throws -> SignedMessage {
        let offer = try #require(try await releases.offers(to: asker(device), stream: "os").first)
        return try await releases.authorize(offer, nonce: nonce, deployment: deployment)
    }

    func trust() async throws -> TrustedKeys { try await releases.project(projectID).trustedKeys() }

    /// What the trail says was done to a subject, oldest first.
    func actions(of subject: String? = nil) async throws -> [String] {
        try await base.journal.auditEvents(before: nil, subject: subject, limit: 1000).reversed().map(\.action)
    }

    /// Subjects of the alarms that stand.
    func alarms(_ kind: AlarmKind) async throws -> [String] {
        try await base.store.read { [journal = base.journal] db in try journal.alarmSubjects(kind, in: db) }
    }
}
