import CoSigning
import Encoding
import PKI

/// A good request of a server to co-sign its message; a test changes what it is about.
struct Asking {
    var caller = Party.server.kid.text
    var author = CoSignRequest.Author.server
    var tokenHeader: JSONValue = ["typ": "JWT", "alg": "ES256", "kid": .string(Party.server.kid.text)]
    var tokenClaims: JSONValue = [
        "jti": "0022027-01-15T09:00:00Ztoken0", "nbf": 1_800_000_000, "exp": 1_800_003_600,
        "iss": .string(Party.server.kid.text),
    ]
    var tokenSigner = Party.server.signer
    var claims = Exchange.message
    var signers = [Party.server.signer]
    var projectKeys = [Party.project.registered(), Party.nextProject.registered(.suspended)]
    var servers = [Party.server.registered(), Party.revokedServer.registered(.revoked)]
    var policy = Project.Policy()
    var now = Exchange.now

    var project: Project {
        Project(id: Exchange.projectID, projectKeys: projectKeys, servers: servers, policy: policy)
    }

    /// A release that its publisher signed.
    static func release() -> Asking {
        var asking = Asking()
        asking.claims = Exchange.release
        asking.signers = [Party.project.signer, Party.server.signer]
        return asking
    }

    /// A message of a device, for which the server asks.
    static func device(_ state: KeyState = .active) -> Asking {
        var asking = Asking()
        asking.author = .device(Party.device.registered(state))
        asking.claims = Exchange.message.with("iss", .string(Party.device.kid.text))
        asking.signers = [Party.device.signer]
        return asking
    }

    func token() throws -> String {
        let signed = Base64URL.encode(tokenHeader.encoded()) + "." + Base64URL.encode(tokenClaims.encoded())
        return signed + "." + Base64URL.encode(try tokenSigner.key.signRaw(Array(signed.utf8)))
    }

    func draft() throws -> Draft {
        var draft = Draft(claims)
        for signer in signers { try draft.sign(signer) }
        return draft
    }

    func request(token: String?, body: [UInt8]) -> CoSignRequest {
        CoSignRequest(caller: caller, author: author, token: token, body: body)
    }

    func judge() throws -> CoSignRequest.Judgement {
        try request(token: try token(), body: try draft().bytes).judge(for: project, now: now)
    }

    func refusal() throws -> CoSignRefusal? { try hubRefusal { try judge() } }

    func with(claim path: String, _ value: JSONValue?) -> Asking {
        var copy = self
        copy.claims = claims.with(path, value)
        return copy
    }

    func with(token name: String, _ value: JSONValue?) -> Asking {
        var copy = self
        copy.tokenClaims = tokenClaims.with(name, value)
        return copy
    }

    func signed(by parties: Party...) -> Asking {
        var copy = self
        copy.signers = parties.map(\.signer)
        return copy
    }
}
