import CoSigning
import Encoding
import PKI
import Testing

/// What the publisher's tool and the hub make and refuse, by the shared cases.
@Suite struct HubVectorTests {
    private static let cases = Vectors.cases("hub")

    @Test func everyCase_IsRead() {
        #expect(Self.cases.count == 13)
    }

    @Test(arguments: cases) func case_EndsAsListed(_ vector: Vectors.Case) throws {
        let message: SignedMessage
        do {
            message = try Self.answer(vector.request)
        } catch let refusal as CoSignRefusal {
            #expect(vector.errors.contains(refusal.rawValue), "\(refusal)")
            #expect(refusal.status == 403)
            return
        }
        #expect(vector.errors.isEmpty, "co-signed")
        let bytes = message.encoded()
        let example = try #require(vector.whole["example_response"]?["message"]?.string)
        let expected = try SignedMessage(parsing: Array(example.utf8))
        let made = try SignedMessage(parsing: bytes)
        #expect(made.payload == expected.payload)
        #expect(made.entries.map(\.header.kid) == expected.entries.map(\.header.kid))
        // The header by bytes: other tools read its members in the order in which they stand.
        let last = try #require(made.entries.last)
        #expect(Base64URL.decode(last.protected) == vector.whole["last_header"]?.encoded())
        #expect(last.protected == expected.entries.last?.protected)
        #expect(bytes.count == example.utf8.count)
        for entry in made.entries.dropLast() {
            #expect(expected.entries.contains { $0.protected == entry.protected && $0.signature == entry.signature })
        }
        let signer = try #require(Party.allCases.first { $0.kid == last.header.kid })
        #expect(made.isSigned(last, by: signer.key.key))
    }

    private static func answer(_ request: JSONValue) throws -> SignedMessage {
        switch try request.requiredText("op") {
        case "sign":
            let key = try PrivateKey(pem: try request.requiredText("private_pem"), passphrase: nil)
            let kid = try #require(KeyID(try request.requiredText("kid")))
            return try SignedMessage(claims: try request.required("claims"), signedBy: .init(kid: kid, key: key))
        case "cosign": return try cosigned(request)
        default: return try authorized(request)
        }
    }

    private static func cosigned(_ request: JSONValue) throws -> SignedMessage {
        let (project, coSigner) = try site(request)
        let device = try request["device"].map { try registered($0) }
        let asked = CoSignRequest(
            caller: try request.requiredText("caller"), author: device.map { .device($0) } ?? .server,
            token: request["bearer"]?.string, body: Array(try request.requiredText("message").utf8))
        let now = try #require(request["now"]?.integer)
        let judgement = try asked.judge(for: project, now: now)
        let seen = request["seen_jti"]?.array?.compactMap(\.string) ?? []
        guard !seen.contains(judgement.tokenID.text), !seen.contains(judgement.messageID.text) else {
            throw CoSignRefusal.replayed
        }
        if judgement.lacksProjectSignature { throw CoSignRefusal.missingProjectSignature }
        return try coSigner.sign(
            judgement.message, now: now, end: judgement.end, lifetime: project.policy.lifetime)
    }

    private static func authorized(_ request: JSONValue) throws -> SignedMessage {
        let (project, coSigner) = try site(request)
        let release = try StoredRelease(Array(try request.requiredText("message").utf8), project: project)
        let withdrawn = request["withdrawn"]?.array?.compactMap(\.string) ?? []
        if withdrawn.contains(release.claims.id.text) { throw CoSignRefusal.withdrawn }
        let device = try request.required("device")
        let id = try device.requiredText("id")
        return try release.authorized(
            for: DeviceDescription(
                id: id, type: try device.requiredText("type"),
                groups: device["groups"]?.array?.compactMap(\.string) ?? []),
            grant: .init(
                audience: "device:" + id, nonce: request["nonce"]?.string, deployment: request["dep"]?.string),
            by: coSigner, now: try #require(request["now"]?.integer),
            lifetime: try #require(request["ttl_s"]?.integer))
    }

    private static func site(_ request: JSONValue) throws -> (Project, CoSigner) {
        let project = try request.required("project")
        let policy = try project.required("policy")
        let coSigner = try project.required("cosigner")
        let key = try PrivateKey(pem: try coSigner.requiredText("private_pem"), passphrase: nil)
        let kid = try #require(KeyID(try coSigner.requiredText("kid")))
        let known = Project(
            id: try project.requiredText("id"),
            projectKeys: try (project["project_keys"]?.array ?? []).map { try registered($0) },
            servers: try (project["servers"]?.array ?? []).map { try registered($0) },
            policy: .init(
                lifetime: try #require(policy["ttl_s"]?.integer),
                requiresProjectSignature: policy["require_project_signature"]?.bool == true))
        return (known, CoSigner(key: .init(kid: kid, key: key)))
    }

    private static func registered(_ jwk: JSONValue) throws -> RegisteredKey {
        let key = try #require(VerificationKey(jwk: jwk))
        let state = try #require(KeyState(rawValue: try jwk.requiredText("state")))
        return RegisteredKey(kid: key.kid, key: key.key, state: state)
    }
}
