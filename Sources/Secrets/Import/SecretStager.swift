internal import Foundation
internal import PKI
internal import Store

/// Inserts one sorted chunk of an import into its invisible batch.
///
/// Repeatable, as every write must be: it starts by nothing and ends by its transaction.
struct SecretStager: Sendable {
    struct Outcome: Sendable {
        var added = 0
        var replaced = 0
        var unchanged = 0
        /// Places in the chunk of devices that an earlier run of this import holds.
        var duplicates: [Int] = []
        /// Places of devices that are provisioned with another secret.
        var provisioned: [Int] = []
    }

    let secrets: Secrets
    let batch: Int64
    /// False when the table held nothing as the import began: then there is nothing to compare with.
    let comparesWithOthers: Bool
    /// Condition on devices that are left out; `nil` for none.
    let sparing: String?

    /// - Parameter sealed: the secrets of the chunk in their form at rest.
    func insert(_ chunk: [StagedSecret], sealed: [[UInt8]], in db: Database) throws -> Outcome {
        let inserter = try RowInserter(db, sparing: sparing)
        var outcome = Outcome()
        for (place, secret) in chunk.enumerated() {
            let known = comparesWithOthers ? try ImportStore.current(text(secret), besides: batch, in: db) : nil
            if let known, isSame(known, secret) {
                outcome.unchanged += 1
            } else if try inserter.insert(secret, sealed: sealed[place], batch: batch) {
                if known == nil { outcome.added += 1 } else { outcome.replaced += 1 }
            } else if try ImportStore.holds(text(secret), batch: batch, in: db) {
                outcome.duplicates.append(place)
            } else {
                outcome.provisioned.append(place)
            }
        }
        return outcome
    }

    /// Whether a row changes nothing: the same secret, and the same end where the file names one.
    private func isSame(_ known: CurrentSecret, _ secret: StagedSecret) -> Bool {
        guard !secret.hasOwnEnd || known.validUntil == secret.validUntil else { return false }
        guard let value = try? secrets.open(known.sealed, idBytes: Array(secret.deviceID)) else {
            return false
        }
        guard let known = SecretMaterial(value), let new = SecretMaterial(Array(secret.secret)) else { return false }
        if new.record != nil { return constantTimeEqual(value, Array(secret.secret)) }
        return known.secret.isEmpty
            ? constantTimeEqual(known.digest, secrets.digest(new.secret)) : constantTimeEqual(known.secret, new.secret)
    }

    private func text(_ secret: StagedSecret) -> String { String(decoding: secret.deviceID, as: UTF8.self) }
}
