internal import Journal
internal import JournalTestSupport
package import Secrets
internal import Store

/// A secret, and wrong guesses at it.
extension HoldsSecrets {
    /// The current secret of a device, and what an address hears of it.
    ///
    /// - Parameter address: who asks; `nil` where nothing is going to be proved.
    package func secret(
        of deviceID: String, from address: String? = nil
    ) async throws -> (secret: OOBSecret?, gates: GuessGates) {
        let found = try await journal.store.lookUp { [secrets] db in
            try secrets.secret(of: deviceID, from: address, in: db)
        }
        return (found?.secret, found?.gates ?? .open)
    }

    /// A secret of `d1` that lasts a year.
    package func addGuessedSecret(_ value: String = "123456") async throws -> OOBSecret {
        try await addSecret(value, for: "d1", life: 365 * 86_400)
        guard let secret = try await secret(of: "d1").secret else { throw SecretsError.unknownSecret("d1") }
        return secret
    }

    /// Guesses plainly as often as the address is heard; answers how often that was.
    @discardableResult
    package func guess(_ secret: OOBSecret, from address: String, atMost limit: Int) async throws -> Int {
        for count in 0..<limit {
            guard try await self.secret(of: secret.deviceID, from: address).gates.plain == .open else { return count }
            try await secrets.countWrongGuess(at: secret, by: .stranger(at: address))
        }
        return limit
    }

    /// Rows of sources that guessed, of one device or of all.
    package func guessRows(of deviceID: String? = nil) async throws -> Int {
        try await journal.store.read { db in
            let sql = "SELECT count(*) FROM guess_address WHERE ?1 IS NULL OR device_id = ?1"
            return Int(try db.first(sql, [.string(orNull: deviceID)]) { $0.integer(0) } ?? 0)
        }
    }
}
