internal import Encoding
internal import Foundation
package import PKI
internal import Rules
internal import Store
internal import Wire

/// SPAKE2+ pairing: records of secrets.
extension Secrets {
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
            record: record, secret: isDropped ? [] : secret.value, digest: isDropped ? digest(secret.value) : [],
            isStrong: !secret.isGuessable)
        let sealed = seal(material.encoded, deviceID: secret.deviceID)
        return try await store.write { db in
            try SecretStore.replaceSealed(secret, with: sealed, in: db) ? record : nil
        }
    }

    /// A stable name of this hub, made once.
    package func hubID() async throws -> String {
        // Asked for at each pairing of whomever: only the first needs the writer.
        if let kept = try await store.lookUp({ db in try Settings.value("hubID", in: db) }) {
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
}
