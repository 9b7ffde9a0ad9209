internal import Foundation
internal import GRDB
package import PKI
internal import Store
internal import Wire

/// Whether guesses at a device's secret are heard now (spec/secure-pairing.md section 7).
package enum GuessGate: Sendable, Equatable {
    /// Yes.
    case open
    /// Not before so many seconds.
    case backOff(seconds: Int64)
    /// Not before an administrator unlocks the device.
    case locked
}

/// SPAKE2+ pairing: records, and the count of guesses, which survives restarts.
extension Registry {
    /// Failures after which only an administrator lets a device try again.
    package static let pairingFailureLimit: Int64 = 20
    private static let longestBackOff: Int64 = 3600

    /// How a secret may be proved, as the operator's rule for weak secrets makes it.
    package func pairing(of secret: OOBSecret) -> Pairing {
        if secret.value.isEmpty { return .spake2plus }
        guard secret.pairing == .any, limits.weakSecretsNeedPairing, SecretStrength.isWeak(secret.value) else {
            return secret.pairing
        }
        return .spake2plus
    }

    /// The record of a secret, made now when it was not made before: 52 ms of the processor.
    ///
    /// Of a secret that is for pairing only nothing but the record is kept.
    /// - Returns: `nil` when the secret was used or replaced meanwhile.
    package func pairingRecord(of secret: OOBSecret) async throws -> PairingRecord? {
        if let record = secret.record { return record }
        let record = try PairingRecord.make(secret: secret.value, deviceID: secret.deviceID)
        let isDropped = pairing(of: secret) == .spake2plus
        let material = SecretMaterial(
            record: record, secret: isDropped ? [] : secret.value, digest: isDropped ? digest(secret.value) : [])
        let sealed = seal(material.encoded, deviceID: secret.deviceID)
        return try await store.write { db in
            try SecretStore.replaceSealed(secret, with: sealed, in: db) ? record : nil
        }
    }

    /// Counts an attempt before its answer leaves: by the hub's proof the other side learns whether its guess was right.
    ///
    /// - Returns: false when the gate closed meanwhile; then nothing may be answered.
    package func countPairingAttempt(_ deviceID: String, by requester: Requester) async throws -> Bool {
        try await store.write { [self] db in
            guard try SecretStore.gate(deviceID, now: now(), in: db) == .open else { return false }
            try countFailure(deviceID, isPairing: true, by: requester, in: db)
            return true
        }
    }

    /// Whether guesses at a device's secret are heard now.
    package func guessGate(_ deviceID: String) throws -> GuessGate {
        try store.lookUp { db in try SecretStore.gate(deviceID, now: now(), in: db) }
    }

    /// Lets a locked device try again.
    package func unlock(_ deviceID: String, by requester: Requester) async throws {
        try await store.write { [self] db in
            guard try SecretStore.removeGuesses(deviceID, in: db) > 0 else {
                throw RegistryError.unknownSecret(deviceID)
            }
            try clearAlarm(.secretLocked, deviceID, in: db)
            try audit("secret.unlock", deviceID, by: requester, in: db)
        }
    }

    /// A stable name of this hub, made once.
    package func hubID() async throws -> String {
        // Asked for at each pairing of whomever: only the first needs the writer.
        if let kept = try store.lookUp({ db in try Settings.value("hubID", in: db) }) {
            return String(decoding: kept, as: UTF8.self)
        }
        return try await store.write { db in
            if let kept = try Settings.value("hubID", in: db) { return String(decoding: kept, as: UTF8.self) }
            let made = "hub-" + Hex.encode(SecureRandom.bytes(8))
            try Settings.set("hubID", to: Array(made.utf8), in: db)
            return made
        }
    }

    /// By it a secret that was dropped is recognised; the store's key keeps others from testing guesses with it.
    func digest(_ secret: [UInt8]) -> [UInt8] { HMACSHA256.authenticate(secret, key: secretKey.bytes) }

    /// One more failure: after the k-th nothing is heard for base * 2^(k-1) seconds, after the twentieth nothing at all.
    func countFailure(_ deviceID: String, isPairing: Bool, by requester: Requester, in db: Database) throws {
        let failures = try SecretStore.failures(deviceID, in: db) + 1
        let pause = min(Self.longestBackOff, limits.pairingBackOffSeconds << min(failures - 1, 20))
        try SecretStore.setFailures(
            deviceID, failures, nextAt: now() + pause, isPairing: isPairing, in: db)
        guard failures == Self.pairingFailureLimit else { return }
        try audit(
            "secret.lock", deviceID, by: requester, detail: ["failures": "\(failures)"], cause: .stranger, in: db)
        try raiseAlarm(.secretLocked, deviceID, detail: "\(failures) failed pairings; oob unlock \(deviceID)", in: db)
    }
}
