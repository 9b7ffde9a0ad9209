import CoSignTestSupport
import CoSigning
import Encoding
import HTTPTypes
import Journal
import PKI
import Releases
import RouteTestSupport
import Testing

/// What is wrong with a request, and what it is refused for.
struct Fault: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let status: Int
    let error: String
    /// The request.
    let make: @Sendable (CoSignRig) async throws -> CoSignRig.Ask

    init(
        _ name: String, _ status: Int, _ error: String,
        _ make: @escaping @Sendable (CoSignRig) async throws -> CoSignRig.Ask
    ) {
        (testDescription, self.status, self.error, self.make) = (name, status, error, make)
    }

    /// A good request whose message has other claims.
    static func claims(_ name: String, _ status: Int, _ error: String, _ changes: Publisher.Changes) -> Fault {
        Fault(name, status, error) { rig in try rig.ask(rig.publisher.message(at: rig.now, changes)) }
    }

    /// A good request with another token.
    static func token(
        _ name: String, _ make: @escaping @Sendable (CoSignRig) throws -> String?
    ) -> Fault {
        Fault(name, 403, "unauthenticated") { rig in
            var ask = try rig.ask()
            ask.token = try make(rig)
            return ask
        }
    }

    /// A good request whose body is another.
    static func body(
        _ name: String, _ status: Int, _ error: String,
        _ make: @escaping @Sendable (String, CoSignRig) throws -> String
    ) -> Fault {
        Fault(name, status, error) { rig in
            var ask = try rig.ask()
            ask.body = Array(try make(String(decoding: ask.body, as: UTF8.self), rig).utf8)
            return ask
        }
    }
}

/// The faults of a request to co-sign, by what of it is wrong.
extension Fault {
    static let parties: [Fault] = [
        Fault("project nobody knows", 404, "unknown_project") { rig in
            var ask = try rig.ask()
            ask.path = "/projects/nothing/cosign_for_server/" + rig.publisher.server.kid.text
            return ask
        },
        Fault("server nobody knows", 403, "unknown_server") { rig in
            var ask = try rig.ask()
            ask.path = "/projects/\(rig.projectID)/cosign_for_server/nobody"
            return ask
        },
        Fault("administrator as server", 403, "unknown_server") { rig in
            var ask = try rig.ask()
            ask.path = "/projects/\(rig.projectID)/cosign_for_server/" + rig.publisher.admin.kid.text
            return ask
        },
        Fault("revoked server", 403, "server_revoked") { rig in
            try await rig.setState(.revoked, of: rig.publisher.server)
            return try rig.ask()
        },
        Fault("suspended project key", 403, "project_key_suspended") { rig in
            try await rig.setState(.suspended, of: rig.publisher.project)
            return try rig.ask(with: [rig.publisher.project])
        },
        Fault("suspended project", 403, "suspended") { rig in
            _ = try await rig.releases.setSuspended(rig.projectID, true, by: .hub)
            return try rig.ask()
        },
        Fault("token used before", 403, "replayed") { rig in
            let first = try rig.ask()
            #expect(try await rig.send(first).status == .ok)
            var ask = try rig.ask()
            ask.token = first.token
            return ask
        },
        Fault("message used before", 403, "replayed") { rig in
            let first = try rig.ask()
            #expect(try await rig.send(first).status == .ok)
            var ask = try rig.ask()
            ask.body = first.body
            return ask
        },
        Fault("release without the project key", 403, "missing_project_signature") { rig in
            try rig.ask(rig.publisher.release(1, at: rig.now))
        },
        Fault("key set without the project key", 403, "missing_project_signature") { rig in
            try rig.ask(
                rig.publisher.message(at: rig.now).changed([
                    ("kind", .string("keyset")), ("project", .string(rig.projectID)),
                ]))
        },
    ]

    static let tokens: [Fault] = [
        .token("no token") { _ in nil },
        .token("token of two parts") { rig in
            String(try Publisher.token(of: rig.publisher.server, at: rig.now).split(separator: ".")[0]) + ".e30"
        },
        .token("token of another key") { rig in
            try Publisher.token(of: rig.publisher.server, at: rig.now, signedBy: rig.publisher.admin)
        },
        .token("token of the administrator") { rig in try Publisher.token(of: rig.publisher.admin, at: rig.now) },
        .token("one more member in the header") { rig in
            try Publisher.token(of: rig.publisher.server, at: rig.now, header: [("x", .string("y"))])
        },
        .token("another type") { rig in
            try Publisher.token(of: rig.publisher.server, at: rig.now, header: [("typ", .string("JOSE"))])
        },
        .token("no algorithm") { rig in
            try Publisher.token(of: rig.publisher.server, at: rig.now, header: [("alg", .string("none"))])
        },
        .token("another kid") { rig in
            try Publisher.token(of: rig.publisher.server, at: rig.now, header: [("kid", .string("admin-1"))])
        },
        .token("another issuer") { rig in
            try Publisher.token(of: rig.publisher.server, at: rig.now, claims: [("iss", .string("admin-1"))])
        },
        .token("no id") { rig in
            try Publisher.token(of: rig.publisher.server, at: rig.now, claims: [("jti", nil)])
        },
        .token("no end") { rig in
            try Publisher.token(of: rig.publisher.server, at: rig.now, claims: [("exp", nil)])
        },
        .token("end as text") { rig in
            try Publisher.token(
                of: rig.publisher.server, at: rig.now, claims: [("exp", .string("\(rig.now + 60)"))])
        },
        .token("longer than 3,660 s") { rig in
            try Publisher.token(
                of: rig.publisher.server, at: rig.now, claims: [("exp", .number("\(rig.now + 3661)"))])
        },
        .token("ended four seconds ago") { rig in
            try Publisher.token(of: rig.publisher.server, at: rig.now - 3604)
        },
        .token("begins in 121 seconds") { rig in try Publisher.token(of: rig.publisher.server, at: rig.now + 121) },
    ]

    static let bodies: [Fault] = [
        .body("65,537 bytes", 413, "too_large") { text, _ in
            text + String(repeating: " ", count: 65_537 - text.utf8.count)
        },
        .body("nothing", 400, "bad_request") { _, _ in "" },
        .body("no JSON", 400, "bad_request") { _, _ in "x" },
        .body("a compact message", 400, "bad_request") { text, _ in "\"" + text.split(separator: ":")[1] + "\"" },
        .body("a member twice", 400, "bad_request") { text, _ in "{\"payload\":\"e30\"," + text.dropFirst() },
        .body("an unprotected header", 400, "bad_request") { text, _ in
            text.replacing("\"protected\"", with: "\"header\":{},\"protected\"")
        },
        .body("padding", 400, "bad_request") { text, _ in text.replacing("\"}]", with: "=\"}]") },
        .body("a thousand signatures", 400, "bad_request") { _, _ in
            let entry = "{\"protected\":\"e30\",\"signature\":\"AA\"}"
            return "{\"payload\":\"e30\",\"signatures\":[" + Array(repeating: entry, count: 1000).joined(separator: ",")
                + "]}"
        },
        .body("no signatures", 400, "bad_request") { _, _ in "{\"payload\":\"e30\",\"signatures\":[]}" },
        .body("signed by somebody else", 403, "bad_signature") { _, rig in
            let claims = rig.publisher.message(at: rig.now)
            return String(decoding: try Publisher.signed(claims, by: [rig.publisher.project]), as: UTF8.self)
        },
        .body("signed by another key of the server's name", 403, "bad_signature") { _, rig in
            let other = try Publisher.key(rig.publisher.server.kid.text)
            return String(
                decoding: try Publisher.signed(rig.publisher.message(at: rig.now), by: [other]), as: UTF8.self)
        },
        .body("another payload under the signature", 403, "bad_signature") { text, rig in
            let other = try SignedMessage(parsing: rig.ask().body)
            return text.replacing(try SignedMessage(parsing: Array(text.utf8)).payload, with: other.payload)
        },
        .body("a wrong project signature beside a good one", 403, "bad_signature") { _, rig in
            let other = try Publisher.key(rig.projectID)
            let message = try Publisher.signed(
                rig.publisher.message(at: rig.now), by: [rig.publisher.server, other])
            return String(decoding: message, as: UTF8.self)
        },
    ]

    static let claims: [Fault] = [
        .claims("no id", 400, "bad_request", [("jti", nil)]),
        .claims("id of another form", 400, "bad_request", [("jti", .string("0032027-01-15T09:00:00Zabcdef"))]),
        .claims("no beginning", 400, "bad_request", [("nbf", nil)]),
        .claims("no end", 400, "bad_request", [("exp", nil)]),
        .claims("end as text", 400, "bad_request", [("exp", .string("1893456000"))]),
        .claims("end with exponent", 400, "bad_request", [("exp", .number("1e10"))]),
        .claims("end in the year 10000", 400, "bad_request", [("exp", .number("253402300800"))]),
        .claims("issuer that did not sign", 403, "policy", [("iss", .string("somebody"))]),
        .claims("no issuer", 403, "policy", [("iss", nil)]),
        .claims("ended", 403, "policy", [("exp", .number("1000000000"))]),
        .claims("id that has ended", 403, "policy", [("jti", .string("0022001-01-15T09:00:00Zabcdef"))]),
        .claims("begins later", 403, "policy", [("nbf", .number("253402300799"))]),
        .claims("kind nobody knows", 403, "policy", [("kind", .string("other"))]),
        Fault("release of another project", 403, "policy") { rig in
            try rig.ask(
                rig.publisher.release(1, at: rig.now, [("project", .string("other"))]), with: [rig.publisher.project])
        },
        Fault("number beyond 2^53", 400, "bad_request") { rig in
            try rig.ask(
                rig.publisher.release(1, at: rig.now, [("seq", .number("9007199254740992"))]),
                with: [rig.publisher.project])
        },
    ]
}
