package import Journal
package import Secrets
package import Store
internal import Wire

/// A secret is registered for a device: whether it may be, its record says.
extension Devices {
    /// Registers a secret, replacing whatever the device had before.
    ///
    /// - Parameter replacing: whether a device that already holds a certificate may get a new secret.
    /// - Throws: ``DevicesError/invalidDeviceID(_:)``, ``DevicesError/deviceNameTaken(_:ou:)``,
    ///   ``SecretsError/invalidSecret``, ``SecretsError/expiredValidUntil``, ``SecretsError/secretInUse(_:)``.
    package func addSecret(_ secret: NewSecret, replacing: Bool, by requester: Requester) async throws {
        try await addSecret(secret, replacing: replacing, isRegistration: true, by: requester)
    }

    /// - Parameter isRegistration: false for a device that the hub knows and the operator approves: its ID stays what
    ///   it is.
    func addSecret(
        _ secret: NewSecret, replacing: Bool, isRegistration: Bool, by requester: Requester
    ) async throws {
        let sealed = try secrets.prepare(secret)
        try await store.write { [self] db in
            let device = try DeviceStore.find(secret.deviceID, in: db)
            if isRegistration, let problem = DeviceID.problem(in: secret.deviceID) {
                throw DevicesError.invalidDeviceID(problem)
            }
            try admit(secret.deviceID, device, in: db)
            if !replacing, device?.state == .approved { throw SecretsError.secretInUse(secret.deviceID) }
            try secrets.replace(secret, sealed: sealed, by: requester, in: db)
        }
    }
}

/// What an import of secrets asks about devices.
extension Devices: SecretHolders {
    package func namesOfOthers(in db: Database) throws -> [[UInt8]: String] {
        // A device that has its name keeps it, as everywhere.
        try otherNames.all(in: db).filter { name, _ in
            try DeviceStore.find(String(decoding: name, as: UTF8.self), in: db).map(Self.keepsItsName) != true
        }
    }

    package var isProvisionedSQL: String { "EXISTS (SELECT 1 FROM device WHERE id = ?1 AND state = 'approved')" }
}
