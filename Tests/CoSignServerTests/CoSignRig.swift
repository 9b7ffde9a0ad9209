import CoSignServer
import CoSignTestSupport
import CoSigning
import Devices
import Encoding
import HTTPTypes
import HubHTTP
import Issuing
import IssuingTestSupport
import Journal
import JournalTestSupport
import PKI
import RecordTestSupport
import Releases
import Rooms
import RouteTestSupport
import SecretsTestSupport
import Store
import Testing
import Updates
import UpdatesTestSupport

/// The routes of co-signing over rooms, an issuer and updates of their own, with a publisher's project for `rpi4`.
struct CoSignRig: HoldsIssuer, Routed {
    let base: UpdatesRig
    let network: RouteClient
    let publisher: Publisher
    var issuer: Issuer { base.issuer }
    var rooms: Rooms { base.rooms }
    var clock: ManualClock { base.clock }
    var folder: TemporaryFolder { base.folder }
    var now: Int64 { base.clock.now }
    var releases: Releases { base.rooms.releases }
    var projectID: String { publisher.projectID }

    init(change: (inout NewProject) -> Void = { _ in }) async throws {
        base = try await UpdatesRig()
        publisher = try Publisher()
        let (rooms, issuer) = (base.rooms, base.issuer)
        let failures = TokenFailures(steady: rooms.journal.steady)
        let projects = ProjectRoutes(releases: rooms.releases, issuer: issuer, failures: failures) {
            try await issuer.revoke(deviceID: $0, reason: .unspecified, by: $1)
        }
        let devices = DeviceReleaseRoutes(
            releases: rooms.releases, updates: base.updates, artifacts: base.artifacts,
            steady: rooms.journal.steady)
        network = RouteClient(loss: base.loss) { router in
            projects.add(to: router)
            ReleaseRoutes(releases: rooms.releases, failures: failures).add(to: router)
            devices.add(to: router)
        }
        var new = NewProject(id: publisher.projectID, projectKeys: [try publisher.project.verification])
        new.recoveryKeys = try publisher.recovery.map { try $0.verification }
        new.deviceTypes = ["rpi4"]
        change(&new)
        _ = try await releases.createProject(new, by: .hub)
        try await releases.addKey(publisher.server.verification, role: .server, project: projectID, by: .hub)
        try await releases.addKey(publisher.admin.verification, role: .admin, project: projectID, by: .hub)
    }
}

/// What servers, operators and devices send.
extension CoSignRig {
    /// A request to co-sign; a test changes what it is about.
    struct Ask: Sendable {
        var path: String
        var token: String?
        var body: [UInt8]
        var type = "application/jwt"
    }

    var serverPath: String { "/projects/\(projectID)/cosign_for_server/\(publisher.server.kid.text)" }
    var releasesPath: String { "/cosign/v1/projects/\(projectID)/releases" }

    /// A good request: a message signed by the server and others.
    func ask(_ claims: JSONValue? = nil, with others: [SigningKey] = []) throws -> Ask {
        let request = try publisher.request(claims ?? publisher.message(at: now), at: now, with: others)
        return Ask(path: serverPath, token: request.token, body: request.body)
    }

    func send(_ ask: Ask, from address: String = "192.0.2.7") async throws -> RouteClient.Answer {
        var headers: HTTPFields = [.contentType: ask.type]
        if let token = ask.token { headers[.authorization] = "Bearer " + token }
        return try await network.send(
            .post, ask.path, body: ask.body, headers: headers, as: Peer(address: address))
    }

    func get(_ path: String, as peer: Peer) async throws -> RouteClient.Answer {
        try await network.send(.get, path, as: peer)
    }

    /// The server uploads a release, signed by the project key.
    @discardableResult
    func publish(
        _ sequence: Int64, types: [String] = ["rpi4"], _ changes: Publisher.Changes = []
    ) async throws -> RouteClient.Answer {
        var ask = try ask(
            publisher.release(sequence, at: now, types: types, changes), with: [publisher.project])
        ask.path = releasesPath
        ask.type = "application/jose+json"
        return try await send(ask)
    }

    func device(_ id: String) async throws -> Peer {
        let device = try TestDevice(id, secret: "s3cret")
        try await addSecret("s3cret", for: id)
        return Peer(address: "192.0.2.9", certificate: try await device.enrol(at: self).certificate)
    }

    func admin() async throws -> Peer { try await peer("ann", ou: "admin") }

    /// Changes a device's record.
    func edit(_ id: String, _ change: @escaping @Sendable (inout Device) -> Void) async throws {
        try await journal.store.write { [devices = rooms.devices] db in
            guard var device = try devices.device(id, in: db) else { throw DevicesError.unknownDevice(id) }
            change(&device)
            try devices.save(device, in: db)
        }
    }

    func record(_ id: String) async throws -> Device { try await rooms.devices.device(id) }

    func revoke(_ id: String) async throws {
        try await issuer.revoke(deviceID: id, reason: .unspecified, by: .hub)
    }

    func setState(_ state: KeyState, of key: SigningKey) async throws {
        try await releases.setState(state, ofKey: key.kid.text, project: projectID, by: .hub)
    }
}

extension RouteClient.Answer {
    var json: JSONValue {
        get throws { try JSONValue(parsing: body) }
    }

    /// The name in the body of a refusal, which has nothing else in it.
    var error: String? {
        guard let members = try? json.members, members.count == 1 else { return nil }
        return members.first { $0.name == "error" }?.value.string
    }

    /// Whether it is this refusal, with the status of the protocol's table.
    func isRefusal(_ status: Int, _ name: String) -> Bool {
        self.status.code == status && error == name && headers[.contentType] == "application/json"
            && headers[.cacheControl] == "no-store"
    }
}
