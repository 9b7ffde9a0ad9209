internal import Journal
internal import PKI
internal import Wire

/// What it may cost to look at a signature.
extension LinkKeys {
    /// Whether a signature is right.
    enum Verdict: Sendable {
        /// - Parameter key: what was derived.
        case right(SecretBytes)
        case wrong
        /// It was not looked at.
        case busy
    }

    /// Looks at the signature of an attempt.
    ///
    /// What known clients ask for costs less than a connection, and is looked at whatever else came from the same
    /// address under the same key: behind it may be many devices, and one that guesses. Anything that costs more has a
    /// budget, which wrong signatures use up.
    /// - Parameter takesKept: whether a key that was derived before may be taken.
    func verify(
        _ headers: SharedSecretHeaders, _ row: SealedLinkKey, _ attempt: LinkAttempt, takesKept: Bool = true
    ) async throws -> Verdict {
        let id = DerivationID(headers)
        if takesKept, let kept = derivedKeys.key(id) { return Self.isRight(headers, kept) ? .right(kept) : .wrong }
        guard isHeard(attempt, headers.derivation) else { return .busy }
        let key: SecretBytes
        do {
            key = try await derive(headers, id, SecretBytes(secret(of: row)), for: attempt.source)
        } catch is LinkBusy {
            return .busy
        }
        if Self.isRight(headers, key) { return .right(key) }
        if !headers.derivation.isUsual {
            _ = failures.take(attempt.caller, interval: Self.failureSeconds, now: steady())
        }
        return .wrong
    }

    /// Whether anything is derived for an attempt: who guesses with, or asks for, what costs more than usual has to
    /// slow down.
    private func isHeard(_ attempt: LinkAttempt, _ derivation: SharedSecretDerivation) -> Bool {
        guard !derivation.isUsual else { return true }
        guard failures.wait(attempt.caller, interval: Self.failureSeconds, now: steady()) == nil else { return false }
        return !derivation.isCostly || costly.take(attempt.source, interval: 1, now: steady()) == nil
    }

    private func derive(
        _ headers: SharedSecretHeaders, _ id: DerivationID, _ secret: SecretBytes, for source: String
    ) async throws -> SecretBytes {
        let derivation = headers.derivation
        let salt = headers.salt
        return try await derivations.key(id, for: source, isCostly: derivation.isCostly) {
            SecretBytes(
                PBKDF2.derive(
                    secret.copy, salt: salt, iterations: derivation.iterations, length: derivation.keyLength,
                    digest: PBKDF2.Digest(derivation.digest)))
        }
    }

    private static func isRight(_ headers: SharedSecretHeaders, _ key: SecretBytes) -> Bool {
        constantTimeEqual(
            HMACSHA256.authenticate(Array(headers.token.head.utf8), key: key.copy), headers.token.mac)
    }

    /// After some wrong signatures that cost more than usual, under a key, one more is looked at in this time, in
    /// seconds.
    private static let failureSeconds: Int64 = 5
}

extension SharedSecretDerivation {
    /// Whether it costs no more than what known clients send, ``usual``.
    fileprivate var isUsual: Bool { digest == .sha256 && iterations <= 1000 && keyLength <= 32 }
    /// Whether it costs far more.
    fileprivate var isCostly: Bool { iterations > 10_000 }
}

extension PBKDF2.Digest {
    fileprivate init(_ digest: SharedSecretDerivation.Digest) {
        switch digest {
        case .sha256: self = .sha256
        case .sha384: self = .sha384
        case .sha512: self = .sha512
        }
    }
}
