internal import Encoding
package import PKI

/// Adds the hub's signature: the second factor of a message.
package struct CoSigner: Sendable {
    package let key: SigningKey

    package init(key: SigningKey) {
        self.key = key
    }

    /// Whom a co-signature lets install, and what it answers.
    package struct Grant: Sendable {
        /// `device:<id>`, `group:<name>` or `all`.
        package let audience: String
        /// The device's challenge.
        package let nonce: String?
        /// Deployment, for reports.
        package let deployment: String?

        package init(audience: String, nonce: String? = nil, deployment: String? = nil) {
            (self.audience, self.nonce, self.deployment) = (audience, nonce, deployment)
        }
    }

    /// Co-signs what a server asked for.
    ///
    /// - Throws: `bad_request` for a message that has this key's signature already, or no room for another one;
    ///   `policy` for one that ends now; `suspended` when the key can't sign.
    package func answer(
        _ judged: CoSignRequest.Judgement, now: Int64, lifetime: Int64
    ) throws(CoSignRefusal) -> SignedMessage {
        let message = judged.message
        guard message.entry(key.kid) == nil, message.entries.count < CoSignLimits.signatures else { throw .badRequest }
        guard judged.end > now else { throw .policy }
        var signed = message
        do {
            // A key set holds without an end: devices walk the chain years later.
            if judged.kind == .keyset {
                try signed.sign(with: key)
            } else {
                signed = try sign(message, now: now, end: judged.end, lifetime: lifetime)
            }
        } catch {
            throw .suspended
        }
        guard signed.encoded().count <= CoSignLimits.message else { throw .badRequest }
        return signed
    }

    /// Co-signs a message that was judged.
    ///
    /// - Parameters:
    ///   - end: of the claims; the co-signature does not outlive it.
    ///   - lifetime: seconds; 1 to 31 days, and cut to that.
    ///   - grant: `nil` for a message that lets nobody install.
    /// - Throws: `PKIError` when the key can't sign.
    package func sign(
        _ message: SignedMessage, now: Int64, end: Int64, lifetime: Int64, grant: Grant? = nil
    ) throws(PKIError) -> SignedMessage {
        var message = message
        // A device rejects a co-signature that is longer.
        let lifetime = min(max(lifetime, 1), CoSignLimits.authorization)
        var members: [JSONValue.Member] = [
            .init("iat", .number("\(now)")), .init("exp", .number("\(max(now + 1, min(now + lifetime, end)))")),
        ]
        if let grant {
            members.append(.init("aud", .string(grant.audience)))
            if let nonce = grant.nonce { members.append(.init("nonce", .string(nonce))) }
            if let deployment = grant.deployment { members.append(.init("dep", .string(deployment))) }
        }
        try message.sign(with: key, members)
        return message
    }
}
