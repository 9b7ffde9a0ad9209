package import Devices
package import Journal

/// What the operator decides about a device of the update protocol applies to its certificates too: one record, one
/// standing.
extension Issuer {
    /// Decides about a key as `Identities.decide` does. A device that holds certificates is rejected as a whole when
    /// its accepted key is.
    ///
    /// - Throws: `IdentityError`.
    package func decide(
        _ identityID: String, authSet: String, _ status: AuthSetStatus, by requester: Requester
    ) async throws {
        let identity = try await identities.identity(identityID)
        try await identities.decide(identityID, authSet: authSet, status, by: requester)
        guard status == .rejected, let identity, !identity.isShutOut,
            identity.authSets.contains(where: { $0.id == authSet && $0.status == .accepted })
        else { return }
        let device = try await devices.device(identity.deviceID)
        if device.serial != nil { try await reject(deviceID: device.id, by: requester) }
    }

    /// Takes a device of the update protocol out of service; it comes back as a new one when it asks again.
    ///
    /// - Throws: `IdentityError.unknown`.
    package func decommission(_ identityID: String, by requester: Requester) async throws {
        guard let identity = try await identities.identity(identityID) else { throw IdentityError.unknown }
        try await remove(deviceID: identity.deviceID, by: requester)
    }
}
