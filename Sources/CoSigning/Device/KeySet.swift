package import Encoding

/// A message that puts new keys into a device's trust store (docs/protocols/cosign.md 7). Its times are not checked: a
/// device that was off for years must be able to walk the chain.
package struct KeySet: Sendable {
    /// What a key set makes of a device.
    package struct Acceptance: Sendable {
        package let trust: TrustedKeys
        package let state: AcceptanceState
        package let claims: JSONValue
    }

    private let message: SignedMessage
    private let members: JSONValue

    /// Checks a key set against the keys that are trusted now.
    ///
    /// - Parameter message: after steps 1 and 2.
    /// - Throws: `bad_signature`, `missing_signature`, `bad_format`, `bad_claims`, `wrong_kind`, `wrong_project`,
    ///   `bad_keyset`, `wrong_version`.
    package static func accept(
        _ message: SignedMessage, trust: TrustedKeys, state: AcceptanceState
    ) throws(CoSignError) -> Acceptance {
        try trust.checkSignatures(of: message)
        let byRecovery = try isAuthorizedByRecovery(message, trust)
        let members = try Claims.decode(message.payload)
        guard MessageKind(of: members) == .keyset else { throw CoSignError(.wrongKind, "a key set is expected") }
        guard let project = members["project"]?.string, isSame(project, trust.project) else {
            throw CoSignError(.wrongProject, "the key set is for another project")
        }
        let set = KeySet(message: message, members: members)
        let resets = try set.checkClaims()
        let new = try set.trust(after: trust, byRecovery: byRecovery)
        var state = state
        for (stream, value) in resets { state.takeBack(stream, to: value) }
        if byRecovery, let notBefore = members["nbf"]?.moment { state.timeFloor = min(state.timeFloor, notBefore) }
        return Acceptance(trust: new, state: state, claims: members)
    }

    /// Whether enough recovery keys of a trust store have signed a message.
    package static func isSignedForRecovery(_ message: SignedMessage, trust: TrustedKeys) -> Bool {
        let signed = trust.recoveryKeys.filter { key in
            message.entry(key.kid).map { message.isSigned($0, by: key.key) } ?? false
        }
        return !signed.isEmpty && signed.count >= trust.recoveryThreshold
    }

    /// Step 2: one project key and one co-signer key, or enough recovery keys; whether it is the latter.
    private static func isAuthorizedByRecovery(
        _ message: SignedMessage, _ trust: TrustedKeys
    ) throws(CoSignError) -> Bool {
        func count(_ keys: [VerificationKey]) -> Int { keys.filter { message.entry($0.kid) != nil }.count }
        if !trust.recoveryKeys.isEmpty, count(trust.recoveryKeys) >= trust.recoveryThreshold { return true }
        guard count(trust.projectKeys) > 0, count(trust.coSignerKeys) > 0 else {
            throw CoSignError(
                .missingSignature, "a key set needs a project key and a co-signer key, or enough recovery keys")
        }
        return false
    }

    /// Step 3 for the claims other than keys; returns the streams to reset.
    private func checkClaims() throws(CoSignError) -> [(String, Int64)] {
        guard let version = members["version"]?.plainInteger, (1...CoSignLimits.largestInteger).contains(version) else {
            throw Claims.bad("version")
        }
        guard let value = members["seq_reset"] else { return [] }
        guard let resets = value.members else { throw Claims.bad("seq_reset") }
        var streams: [(String, Int64)] = []
        for reset in resets {
            guard ReleaseClaims.isStream(reset.name), let number = reset.value.plainInteger,
                (0...CoSignLimits.largestInteger).contains(number)
            else { throw Claims.bad("seq_reset") }
            streams.append((reset.name, number))
        }
        return streams
    }

    /// Steps 4 to 7.
    private func trust(after old: TrustedKeys, byRecovery: Bool) throws(CoSignError) -> TrustedKeys {
        let new: TrustedKeys
        do {
            new = try TrustedKeys(members)
        } catch {
            throw Self.bad(error.detail)
        }
        guard new.version == old.version + 1 else {
            throw CoSignError(.wrongVersion, "the next key set has version \(old.version + 1)")
        }
        if !byRecovery {
            guard Self.isSameSet(new.recoveryKeys, old.recoveryKeys), new.recoveryThreshold == old.recoveryThreshold
            else { throw Self.bad("only recovery keys may change recovery keys") }
        }
        let known = Dictionary(uniqueKeysWithValues: old.all.map { ($0.kid, $0.key) })
        guard new.all.allSatisfy({ known[$0.kid] == nil || known[$0.kid] == $0.key }) else {
            throw Self.bad("a name that stays keeps its key")
        }
        for key in new.all where known[key.kid] == nil {
            guard let entry = message.entry(key.kid) else {
                throw CoSignError(.missingSignature, "every new key signs the key set too")
            }
            guard message.isSigned(entry, by: key.key) else {
                throw CoSignError(.badSignature, "the signature of a new key is wrong")
            }
        }
        return new
    }

    private static func isSameSet(_ one: [VerificationKey], _ other: [VerificationKey]) -> Bool {
        one.count == other.count && one.allSatisfy { key in other.contains(key) }
    }

    private static func bad(_ detail: String) -> CoSignError { CoSignError(.badKeySet, detail) }
}

extension AcceptanceState {
    /// Repairs a stream whose number ran ahead; 0 forgets it.
    mutating func takeBack(_ name: String, to sequence: Int64) {
        guard let stream = streams[name], stream.sequence > sequence else { return }
        streams[name] = sequence == 0 ? nil : Stream(sequence: sequence, sha256: nil, installed: false)
    }
}
