package import CoSigning
package import Encoding
internal import PKI

/// What a publisher's programs send at a moment, in Unix seconds; `changes` replace members, `nil` takes one away.
extension Publisher {
    package typealias Changes = [(name: String, value: JSONValue?)]

    /// Claims of a plain message, as the oneID SDK makes them.
    package func message(at now: Int64, _ changes: Changes = []) -> JSONValue {
        JSONValue.object([
            .init("iss", .string(server.kid.text)), .init("jti", .string(MessageID.make(end: now + 3600).text)),
            .init("nbf", .number("\(now)")), .init("exp", .number("\(now + 3600)")),
            .init("checksum", .number("3735928559")),
        ]).changed(changes)
    }

    /// Claims of a release that is valid for a year; its file has 100 bytes and a digest of its number.
    package func release(
        _ sequence: Int64, at now: Int64, types: [String] = ["rpi4"], _ changes: Changes = []
    ) -> JSONValue {
        let end = now + 365 * 86_400
        return JSONValue.object([
            .init("iss", .string(server.kid.text)), .init("jti", .string(MessageID.make(end: end).text)),
            .init("nbf", .number("\(now)")), .init("exp", .number("\(end)")), .init("kind", .string("release")),
            .init("project", .string(projectID)), .init("stream", .string("os")),
            .init("seq", .number("\(sequence)")), .init("version", .string("2.4.\(sequence)")),
            .init("device_types", .array(types.map { .string($0) })),
            .init("artifact", Self.artifact(sha256: Self.digest(sequence), size: 100)),
        ]).changed(changes)
    }

    package static func artifact(sha256: String, size: Int64) -> JSONValue {
        .object([
            .init("name", .string("release")), .init("sha256", .string(sha256)), .init("size", .number("\(size)")),
        ])
    }

    /// 64 hexadecimal digits that nobody else's number gives.
    package static func digest(_ number: Int64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 64 - digits.count) + digits
    }

    /// Claims of a key set.
    package func keySet(
        _ trust: TrustedKeys, version: Int64, at now: Int64, adding keys: [VerificationKey] = []
    ) -> JSONValue {
        let end = now + 365 * 86_400
        let next = JSONValue.array((trust.projectKeys + keys).map(\.jwk))
        return .object(
            [
                .init("iss", .string(projectID)), .init("jti", .string(MessageID.make(end: end).text)),
                .init("nbf", .number("\(now)")), .init("exp", .number("\(end)")), .init("kind", .string("keyset")),
            ] + (trust.json.changed([("version", .number("\(version)")), ("project_keys", next)]).members ?? []))
    }

    /// A bearer token.
    ///
    /// - Parameters:
    ///   - key: signs; `nil` for the caller's.
    ///   - header: changes of the header.
    ///   - claims: changes of the claims.
    package static func token(
        of caller: SigningKey, at now: Int64, signedBy key: SigningKey? = nil, header: Changes = [],
        claims: Changes = []
    ) throws -> String {
        let head = JSONValue.object([
            .init("typ", .string("JWT")), .init("alg", .string("ES256")), .init("kid", .string(caller.kid.text)),
        ]).changed(header)
        let body = JSONValue.object([
            .init("iss", .string(caller.kid.text)), .init("jti", .string(MessageID.make(end: now + 3600).text)),
            .init("nbf", .number("\(now)")), .init("exp", .number("\(now + 3600)")),
        ]).changed(claims)
        let signed = Base64URL.encode(head.encoded()) + "." + Base64URL.encode(body.encoded())
        return signed + "." + Base64URL.encode(try (key ?? caller).key.signRaw(Array(signed.utf8)))
    }

    /// A request of the server: a message signed by it and by others, and a fresh token.
    package func request(
        _ claims: JSONValue, at now: Int64, with others: [SigningKey] = [], token: String? = nil
    ) throws -> CoSignRequest {
        CoSignRequest(
            caller: server.kid.text, author: .server, token: try token ?? Self.token(of: server, at: now),
            body: try Self.signed(claims, by: [server] + others))
    }
}

extension JSONValue {
    /// The same object with other members.
    package func changed(_ changes: Publisher.Changes) -> JSONValue {
        var members = members ?? []
        for (name, value) in changes {
            let place = members.firstIndex { $0.name.utf8.elementsEqual(name.utf8) }
            if let place { members.remove(at: place) }
            if let value { members.insert(Member(name, value), at: place ?? members.count) }
        }
        return .object(members)
    }
}
