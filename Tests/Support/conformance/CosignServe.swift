import ArgumentParser
import CoSigning
import Devices
import Encoding
import Foundation
import HubDaemon
import HubHTTP
internal import HubRuntime
internal import Hummingbird
internal import Issuing
internal import Journal
import Logging
import PKI
internal import Releases
internal import Rooms

/// A hub on loopback that co-signs for the project of a file, over plain HTTP: prints its base URL, and ends when
/// standard input does.
struct CosignServe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "A hub that co-signs for a project, for tests of servers.",
        discussion: "Example:\n  conformance cosign-test serve project.json < /dev/tty")

    @Argument(help: "File with the project, its devices and administrators.") var file: String

    func run() async throws {
        let content = try ServedProject(try CosignRequest(file: file))
        let folder = NSTemporaryDirectory() + "conformance-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var configuration = HubConfiguration()
        configuration.https = .tcp(host: "127.0.0.1", port: 0)
        configuration.pki = .tcp(host: "127.0.0.1", port: 0)
        configuration.tunnels.isEnabled = false
        configuration.discoveryEnabled = false
        let logger = Logger(label: "conformance") { _ in SwiftLogNoOpLogHandler() }
        let hub = try await Hub(configuration: configuration, state: StateFolder(folder), logger: logger)
        try await content.store(in: hub)
        try await serve(hub, logger)
    }

    private func serve(_ hub: Hub, _ logger: Logger) async throws {
        let (bound, told) = AsyncStream.makeStream(of: ListenAddress.self)
        let listener = Listener(
            .tcp(host: "127.0.0.1", port: 0), tls: nil, responder: HubRoutes(hub: hub).network().buildResponder(),
            logger: logger
        ) { told.yield($0) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await hub.run() }
            group.addTask { try await listener.run() }
            group.addTask {
                _ = await hub.addresses()
                for await case .tcp(let host, let port) in bound {
                    FileHandle.standardOutput.write(Data("http://\(host):\(port)\n".utf8))
                    break
                }
                for await _ in PakeServe.input() {}
            }
            try await group.next()
            group.cancelAll()
        }
    }
}

/// The content of the file. Members nobody knows are errors: a test that misspells one would test something else.
private struct ServedProject {
    private let request: CosignRequest
    private let project: CosignProject
    private let coSignerPEM: String
    private let devices: [RegisteredKey]
    private let admins: [RegisteredKey]

    private static let keyMembers = ["kty", "crv", "x", "y", "kid", "state"]

    init(_ request: CosignRequest) throws {
        try Self.check(
            request.members, ["id", "project_keys", "servers", "cosigner", "policy", "devices", "admins"], "the file")
        for name in ["project_keys", "servers", "devices", "admins"] {
            guard let list = (request[name] ?? .array([])).array else {
                throw ValidationError("\(name) must be an array")
            }
            for key in list { try Self.check(key, Self.keyMembers, name) }
        }
        try Self.check(try request.object("cosigner").members, ["kid", "private_pem"], "cosigner")
        if let policy = request["policy"] {
            try Self.check(policy, ["ttl_s", "require_project_signature"], "policy")
        }
        self.request = request
        project = try CosignProject(request)
        coSignerPEM = try request.object("cosigner").text("private_pem")
        devices = try CosignProject.keys("devices", in: request)
        admins = try CosignProject.keys("admins", in: request)
    }

    private static func check(_ value: JSONValue, _ names: [String], _ place: String) throws {
        guard let members = value.members else { throw ValidationError("\(place) must hold an object") }
        for member in members where !names.contains(member.name) {
            throw ValidationError("\(place) has an unknown member \(member.name)")
        }
    }

    func store(in hub: Hub) async throws {
        let releases = hub.rooms.releases
        let id = project.project.id
        var new = NewProject(id: id, projectKeys: try project.project.projectKeys.map(Self.verification))
        new.lifetime = project.project.policy.lifetime
        new.requiresProjectSignature = project.project.policy.requiresProjectSignature
        new.coSignerKID = project.coSigner.key.kid
        new.coSignerKey = .pem(coSignerPEM)
        _ = try await releases.createProject(new, by: .hub)
        for (keys, role) in [(project.project.servers, KeyRecord.Role.server), (admins, .admin)] {
            for key in keys {
                try await releases.addKey(try Self.verification(key), role: role, project: id, by: .hub)
            }
        }
        for key in project.project.projectKeys + project.project.servers + admins where key.state != .active {
            try await releases.setState(key.state, ofKey: key.kid.text, project: id, by: .hub)
        }
        for device in devices { try await enrol(device, in: hub) }
    }

    /// A device signs with the key of its certificate.
    private func enrol(_ device: RegisteredKey, in hub: Hub) async throws {
        let id = device.kid.text
        _ = try await hub.issuer.enrol(
            id, claim: try await hub.issuer.claim(id), publicKey: device.key,
            sighting: Sighting(address: "127.0.0.1", mac: "", fingerprint: device.key.fingerprint), reason: .request,
            by: .hub)
        if device.state != .active {
            try await hub.issuer.revoke(deviceID: id, reason: .unspecified, by: .hub)
        }
    }

    private static func verification(_ key: RegisteredKey) throws -> VerificationKey {
        guard let known = VerificationKey(kid: key.kid, key: key.key) else {
            throw ValidationError("a key is not of P-256")
        }
        return known
    }
}
