internal import Journal
internal import PKI
internal import Store
package import Wire

/// Why a device was not let in: for the audit trail, never for the device.
enum LinkRefusalReason: String, Sendable {
    case wrongSecret = "wrong secret"
    case revokedKey = "revoked key"
    case unreadable = "unreadable claims"
    case clock
    case replayed
    case invalidID = "not a device ID, or the name of another certificate"
    case otherDevice = "key of another device"
    case otherProduct = "device of another product"
    case reserved = "the device has other credentials"
    case shutOut = "rejected, revoked or removed"
}

/// Who comes with a shared secret, in the order of docs/protocols/device-link.md 3.1.
extension LinkKeys {
    /// Decides about a request to open a link.
    ///
    /// Whether a key is known, or was revoked, does not show in the answer. It does in its time, since nothing is
    /// derived for an unknown one: keys are 256 random bits, so there is nothing to find out by trying.
    /// - Parameter address: of the connection.
    package func authenticate(_ headers: SharedSecretHeaders, address: String) async throws -> LinkAdmission {
        guard limits.isOn else { return .refused }
        let generation = derivedKeys.generation
        guard let row = try await store.lookUp({ db in try LinkKeyStore.find(headers.key, in: db) }) else {
            return .refused
        }
        let attempt = LinkAttempt(key: row.key, address: address)
        guard row.key.revokedAt == nil else { return try await refuse(headers, ofRevoked: row, attempt) }
        let derived: SecretBytes
        switch try await verify(headers, row, attempt) {
        case .right(let key): derived = key
        case .wrong: return try await refuse(attempt, .wrongSecret)
        case .busy: return .busy
        }
        guard let claims = try? headers.token.claims() else { return try await refuse(attempt, .unreadable) }
        let lead = claims.signedAt / 1000 - now()
        guard (-Int64(limits.signatureSeconds)...Int64(limits.leadSeconds)).contains(lead) else {
            return try await refuse(attempt, .clock, claims, lead: lead)
        }
        // Only devices of a product have a key in common.
        if case .product = row.key.owner {
            derivedKeys.keep(derived, for: DerivationID(headers), since: generation)
        }
        if limits.refusesReplays,
            !replays.isNew(
                headers.token.head, of: headers.key, seconds: Int64(limits.signatureSeconds + 10), now: steady())
        {
            return try await refuse(attempt, .replayed, claims)
        }
        return try await admit(claims, attempt)
    }

    /// Decides about a device that showed a certificate of the hub, which was judged already: its record must be in.
    package func admit(certificateOf deviceID: String) async throws -> LinkAdmission {
        let device = try await store.lookUp { [devices] db in try devices.device(deviceID, in: db) }
        return device?.state == .approved ? .admitted(deviceID: deviceID, key: nil) : .refused
    }

    /// Whether a device that was let in may still be: its record is in, and the key it came with is valid and opens it.
    ///
    /// - Parameter key: as of ``LinkAdmission/admitted(deviceID:key:)``.
    package func isAllowed(_ deviceID: String, key: String?) async throws -> Bool {
        try await store.lookUp { [self] db in
            guard let device = try devices.device(deviceID, in: db), device.state == .approved else { return false }
            guard let key else { return true }
            guard let found = try LinkKeyStore.find(key, in: db)?.key, found.revokedAt == nil else { return false }
            switch found.owner {
            case .device(let owner): return DeviceID.isSame(owner, deviceID)
            case .product(let product):
                guard let identity = try LinkIdentityStore.find(deviceID, in: db) else { return false }
                return try LinkKey.isSameProduct(identity.product, product)
                    && !provesItselfOtherwise(tied: device, in: db)
            }
        }
    }

    /// A device that still has a key that was revoked is for the operator to find. It is named where the signature is
    /// right; otherwise the line says from where the key came.
    private func refuse(
        _ headers: SharedSecretHeaders, ofRevoked row: SealedLinkKey, _ attempt: LinkAttempt
    ) async throws -> LinkAdmission {
        // Nothing is derived for what would not be written down.
        guard refusalLines.wait(attempt.caller, interval: Self.lineSeconds, now: steady()) == nil else {
            return .refused
        }
        switch try await verify(headers, row, attempt, takesKept: false) {
        case .right: return try await refuse(attempt, .revokedKey, try? headers.token.claims())
        case .wrong: return try await refuse(attempt, .revokedKey)
        case .busy: return .refused
        }
    }

    /// Notes a refusal where there is room for it; what was claimed counts only once it was proved.
    func refuse(
        _ attempt: LinkAttempt, _ reason: LinkRefusalReason, _ claims: SharedSecretClaims? = nil, lead: Int64? = nil
    ) async throws -> LinkAdmission {
        guard refusalLines.take(attempt.caller, interval: Self.lineSeconds, now: steady()) == nil else {
            return .refused
        }
        let device = claims?.identifier
        let subject = device.flatMap { DeviceID.isValid($0) ? $0 : nil } ?? attempt.key.shown
        let detail: KeyValuePairs =
            if let lead { ["reason": reason.rawValue, "seconds ahead": "\(lead)"] } else { ["reason": reason.rawValue] }
        try await store.write { [journal] db in
            try journal.audit(
                "link.refuse", subject, by: attempt.requester, detail: detail, cause: .stranger, in: db)
            if reason == .otherProduct || reason == .reserved {
                try journal.raiseAlarm(
                    .linkConflict, subject, detail: "\(reason.rawValue), \(attempt.requester.name)", in: db)
            }
        }
        return .refused
    }

    /// After some lines about refusals one more is written in this time, in seconds.
    private static let lineSeconds: Int64 = 60
}

/// One request with a key that is known.
struct LinkAttempt: Sendable {
    let key: LinkKey
    let address: String

    /// The machine or network that asks.
    var source: String { NetworkAddress.source(of: address) }
    /// Whose tries are counted together.
    var caller: String { "\(key.key) \(source)" }
    /// What the audit trail calls it.
    var requester: Requester { Requester(name: "link key \(key.shown)", address: address) }
}
