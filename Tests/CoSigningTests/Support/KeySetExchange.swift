import CoSigning
import Encoding

/// A good key set, which brings a new co-signer key, and the device that judges it; a test changes what it is about.
struct KeySetExchange {
    var claims: JSONValue
    var signers: [SigningKey]
    var trust = Exchange.trust
    var state = AcceptanceState()

    /// - Parameter signers: those of the key set; the new co-signer is one, because every new key signs.
    init(signers: [Party] = [.project, .coSigner, .nextCoSigner]) {
        claims = Exchange.trust.json.with("version", 2).with("cosigner_keys", [Party.nextCoSigner.jwk])
            .with("kind", "keyset").with("iss", "publisher").with("jti", "0022028-01-15T08:00:00Zabcdef")
            .with("nbf", 1_700_000_000).with("exp", 1_831_536_000)
        self.signers = signers.map(\.signer)
    }

    /// A key set that changes nothing but its number.
    static func unchanged(signers: [Party]) -> KeySetExchange {
        var exchange = KeySetExchange(signers: signers)
        exchange.claims = exchange.claims.with("cosigner_keys", [Party.coSigner.jwk])
        return exchange
    }

    func draft() throws -> Draft {
        var draft = Draft(claims)
        for signer in signers { try draft.sign(signer) }
        return draft
    }

    func judge() throws -> KeySet.Acceptance {
        try KeySet.accept(try SignedMessage(parsing: try draft().bytes), trust: trust, state: state)
    }

    func error() throws -> CoSignError.Name? { try refusal { try judge() } }

    func with(_ path: String, _ value: JSONValue?) -> KeySetExchange {
        var copy = self
        copy.claims = claims.with(path, value)
        return copy
    }

    func signed(by parties: Party...) -> KeySetExchange {
        var copy = self
        copy.signers = parties.map(\.signer)
        return copy
    }
}
