import Devices
import Journal
import JournalTestSupport
import SecretsTestSupport

/// A room with link keys, and devices that sign with them.
extension DevicesRig {
    /// Makes a key; answers whom it belongs to.
    func linkKey(
        _ owner: LinkKeyOwner = .product("widget"), approval: Bool = false
    ) async throws -> LinkSigner {
        let made = try await rooms.linkKeys.add(NewLinkKey(owner, requiresApproval: approval), by: .hub)
        return LinkSigner(key: made.key.key, secret: made.secret)
    }

    /// A device opens its link.
    ///
    /// - Parameter lead: seconds its clock is ahead.
    func connect(
        _ id: String, _ signer: LinkSigner, from address: String = "192.0.2.1", lead: Int64 = 0
    ) async throws -> LinkAdmission {
        try await rooms.linkKeys.authenticate(try signer.headers(of: id, at: clock.now + lead), address: address)
    }
}
