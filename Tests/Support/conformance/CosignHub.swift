import ArgumentParser
import CoSigning
import Encoding
import Foundation
import PKI

/// What a publisher and the hub make of a request.
struct CosignHub: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hub", abstract: "Sign, co-sign or authorize as publisher and hub do.",
        discussion: "Example:\n  conformance cosign-test hub request.json")

    @Argument(help: "File with the request.") var file: String

    func run() throws {
        let request = try CosignRequest(file: file)
        do {
            let message = try Self.perform(request)
            CosignRequest.print([
                .init("result", .string("ok")),
                .init("message", .string(String(decoding: message.encoded(), as: UTF8.self))),
            ])
        } catch let refusal as CoSignRefusal {
            CosignRequest.print([
                .init("result", .string("refused")), .init("error", .string(refusal.rawValue)),
                .init("status", .number("\(refusal.status)")),
            ])
            throw ExitCode(2)
        }
    }

    private static func perform(_ request: CosignRequest) throws -> SignedMessage {
        switch try request.text("op") {
        case "sign": try SignedMessage(claims: try request.object("claims").members, signedBy: try key(request))
        case "cosign": try cosign(request)
        case "authorize": try authorize(request)
        case let operation: throw ValidationError("\(operation) is not an operation")
        }
    }

    private static func key(_ request: CosignRequest) throws -> SigningKey {
        guard let kid = KeyID(try request.text("kid")) else { throw ValidationError("kid has 1 to 128 bytes") }
        return SigningKey(kid: kid, key: try PrivateKey(pem: try request.text("private_pem"), passphrase: nil))
    }

    private static func cosign(_ request: CosignRequest) throws -> SignedMessage {
        let project = try CosignProject(try request.object("project"))
        let now = try request.integer("now")
        let author: CoSignRequest.Author =
            switch try request.text("role") {
            case "server": .server
            case "edge_device": .device(try CosignProject.registered(try request.object("device").members))
            case let role: throw ValidationError("\(role) is not a role")
            }
        let judged = try CoSignRequest(
            caller: try request.text("caller"), author: author, token: request["bearer"]?.string,
            body: try request.message()
        ).judge(for: project.project, now: now)
        let seen = try request.texts("seen_jti")
        guard ![judged.tokenID, judged.messageID].contains(where: { seen.contains($0.text) }) else {
            throw CoSignRefusal.replayed
        }
        guard !judged.lacksProjectSignature else { throw CoSignRefusal.missingProjectSignature }
        return try project.coSigner.answer(judged, now: now, lifetime: project.project.policy.lifetime)
    }

    private static func authorize(_ request: CosignRequest) throws -> SignedMessage {
        let project = try CosignProject(try request.object("project"))
        let device = try request.device()
        let release = try StoredRelease(try request.message(), project: project.project)
        guard !(try request.texts("withdrawn")).contains(release.claims.id.text) else { throw CoSignRefusal.withdrawn }
        return try release.authorized(
            for: device,
            grant: CoSigner.Grant(
                audience: "device:" + device.id, nonce: request["nonce"]?.string, deployment: request["dep"]?.string),
            by: project.coSigner, now: try request.integer("now"), lifetime: try request.integer("ttl_s"))
    }
}

/// A project of a request file.
struct CosignProject {
    let project: Project
    let coSigner: CoSigner

    init(_ request: CosignRequest) throws {
        let policy = CosignRequest(request["policy"] ?? .object([]))
        project = Project(
            id: try request.text("id"), projectKeys: try Self.keys("project_keys", in: request),
            servers: try Self.keys("servers", in: request),
            policy: Project.Policy(
                lifetime: try policy.optionalInteger("ttl_s") ?? 900,
                requiresProjectSignature: policy["require_project_signature"]?.bool ?? false))
        let coSigner = try request.object("cosigner")
        guard let kid = KeyID(try coSigner.text("kid")) else { throw ValidationError("kid has 1 to 128 bytes") }
        self.coSigner = CoSigner(
            key: SigningKey(kid: kid, key: try PrivateKey(pem: try coSigner.text("private_pem"), passphrase: nil)))
    }

    static func keys(_ name: String, in request: CosignRequest) throws -> [RegisteredKey] {
        try (request[name]?.array ?? []).map(registered)
    }

    /// A JWK with a state.
    static func registered(_ value: JSONValue) throws -> RegisteredKey {
        guard let key = VerificationKey(jwk: value) else {
            throw ValidationError("a key must be a P-256 JWK with a kid")
        }
        let name = value["state"]?.string ?? "active"
        guard let state = KeyState(rawValue: name) else { throw ValidationError("\(name) is not a key state") }
        return RegisteredKey(kid: key.kid, key: key.key, state: state)
    }
}
