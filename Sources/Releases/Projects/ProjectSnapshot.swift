package import CoSigning

/// A project with its keys as of one moment, kept in memory until one of them changes.
package struct ProjectSnapshot: Sendable {
    package let record: ProjectRecord
    package let project: Project
    package let keys: [KeyRecord]
    /// `nil` when its key can't be opened.
    package let coSigner: CoSigner?
    /// No token and no message from before is accepted until ``restoredUntil``: the store does not know which of them
    /// were used. Unix seconds; 0 for a store that was never restored.
    let restoredAt: Int64
    /// Of the tables it was read from.
    let version: UInt64
    let trust: TrustedKeys?

    var restoredUntil: Int64 { restoredAt + CoSignLimits.token + CoSignLimits.early + CoSignLimits.late }

    package func keys(_ role: KeyRecord.Role) -> [RegisteredKey] { keys.filter { $0.role == role }.map(\.key) }

    /// What devices of the project trust: the keys of their version, whatever an operator has done to them at the hub.
    ///
    /// - Throws: `bad_trust` for a damaged store.
    package func trustedKeys() throws(CoSignError) -> TrustedKeys {
        guard let trust else { throw CoSignError(.badTrust, "the store has no trust store of the present version") }
        return trust
    }
}
