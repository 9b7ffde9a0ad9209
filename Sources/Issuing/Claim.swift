package import Devices
internal import Journal
package import Secrets
internal import Store

/// What the hub knows about a device that asks for a certificate, as the address it asks from meets it.
package struct Claim: Sendable {
    /// Its record, `nil` at first sight.
    package let device: Device?
    /// Its current secret.
    package let secret: OOBSecret?
    /// What the address hears of that secret after wrong guesses.
    package let gates: GuessGates

    /// Whether the operator or a revocation refused it.
    package var isRefused: Bool {
        device.map { !$0.state.mayEnrol } ?? false
    }
}

extension Issuer {
    /// Looks a device up by its ID: record, secret, locks.
    ///
    /// - Parameter address: who asks; `nil` where nothing is going to be proved.
    package func claim(_ deviceID: String, from address: String? = nil) async throws -> Claim {
        try await journal.store.lookUp { [self] db in
            let device = try devices.device(deviceID, in: db)
            let found = try secrets.secret(of: deviceID, from: address, in: db)
            return Claim(device: device, secret: found?.secret, gates: found?.gates ?? .open)
        }
    }
}
