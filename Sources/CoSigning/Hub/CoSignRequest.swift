package import Encoding

/// A request to co-sign a message, as a server of the project makes it (docs/protocols/cosign.md 6).
package struct CoSignRequest: Sendable {
    /// Who signed the message first.
    package enum Author: Sendable {
        /// The server that asks.
        case server
        /// A device, for which the server asks; its ID is the name of its key.
        case device(RegisteredKey)
    }

    /// What is known once a request was judged.
    package struct Judgement: Sendable {
        package let message: SignedMessage
        package let claims: JSONValue
        package let kind: MessageKind
        package let issuer: String
        /// End of the message, Unix seconds.
        package let end: Int64
        package let tokenID: MessageID
        package let messageID: MessageID
        /// Until when both ids must be remembered, Unix seconds.
        package let rememberUntil: Int64
        /// When the older of token and message began, Unix seconds.
        package let notBefore: Int64
        /// Names of the project keys that signed.
        package let projectKeys: [KeyID]
        package let needsProjectSignature: Bool

        /// Whether the signature is there that the kind or the policy needs; looked at last.
        package var lacksProjectSignature: Bool { needsProjectSignature && projectKeys.isEmpty }
    }

    package let caller: String
    package let author: Author
    /// What follows `Bearer`; `nil` for none.
    package let token: String?
    package let body: [UInt8]

    package init(caller: String, author: Author, token: String?, body: [UInt8]) {
        (self.caller, self.author, self.token, self.body) = (caller, author, token, body)
    }

    /// Judges a request by everything but the ids that were used before, which only the store knows.
    ///
    /// - Parameter now: Unix seconds.
    /// - Throws: every refusal of the chapter's table, in its order.
    package func judge(for project: Project, now: Int64) throws(CoSignRefusal) -> Judgement {
        guard body.count <= CoSignLimits.message else { throw .tooLarge }
        let server = try server(of: project)
        guard let token else { throw .unauthenticated }
        let proof = try CallerToken(token, caller: server, now: now)
        guard let message = try? SignedMessage(parsing: body) else { throw .badRequest }
        let signer: RegisteredKey
        switch author {
        case .server: signer = server
        case .device(let device): signer = device
        }
        guard let entry = message.entry(signer.kid), message.isSigned(entry, by: signer.key) else {
            throw .badSignature
        }
        let projectKeys = try project.projectSignatures(on: message)
        if case .device(let device) = author, device.state != .active { throw .deviceRevoked }
        return try judge(message, signer, proof, projectKeys, project, now)
    }

    private func judge(
        _ message: SignedMessage, _ signer: RegisteredKey, _ proof: CallerToken, _ projectKeys: [KeyID],
        _ project: Project, _ now: Int64
    ) throws(CoSignRefusal) -> Judgement {
        guard let claims = try? Claims.decode(message.payload),
            let id = claims["jti"]?.string.flatMap({ MessageID($0) }), let notBefore = claims["nbf"]?.moment,
            let end = claims["exp"]?.moment
        else { throw .badRequest }
        guard let issuer = claims["iss"]?.string, isSame(issuer, signer.kid.text),
            CallerToken.isInside(now, notBefore, end, id), let kind = MessageKind(of: claims)
        else { throw .policy }
        if kind != .message {
            guard let named = claims["project"]?.string, isSame(named, project.id) else { throw .policy }
        }
        if kind == .release {
            // What no device would take is not co-signed.
            guard (try? Claims(claims)) != nil else { throw .badRequest }
        }
        return Judgement(
            message: message, claims: claims, kind: kind, issuer: issuer, end: end, tokenID: proof.id, messageID: id,
            rememberUntil: max(end, proof.end) + Self.memory, notBefore: min(notBefore, proof.notBefore),
            projectKeys: projectKeys, needsProjectSignature: kind != .message || project.policy.requiresProjectSignature
        )
    }

    /// How long an id is remembered after its end, in seconds.
    private static let memory: Int64 = 3600

    private func server(of project: Project) throws(CoSignRefusal) -> RegisteredKey {
        guard let server = project.servers.first(where: { isSame($0.kid.text, caller) }) else { throw .unknownServer }
        guard server.state == .active else { throw .serverRevoked }
        return server
    }
}
