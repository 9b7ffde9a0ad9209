/// A device's status in the update protocol: in listings of devices, their filters and searches alike.
enum InventoryStatus {
    /// The strongest state of an identity's keys (docs/protocols/mender.md 5); of a device that was shut out `rejected`
    /// whatever its keys say, and of one whose record waits for the operator never `accepted`. NULL without keys, and
    /// without identity.
    ///
    /// Stands in a query of `device` with `identity`. ``DeviceIdentity/status`` says the same of one that was read.
    static let sql = """
        CASE WHEN identity.id IS NULL THEN NULL WHEN device.state IN ('rejected', 'revoked') THEN 'rejected' ELSE
            (SELECT CASE min(CASE WHEN status = 'accepted' AND device.state <> 'pending' THEN 1
                    WHEN status = 'preauthorized' THEN 2 WHEN status IN ('accepted', 'pending') THEN 3 ELSE 4 END)
                WHEN 1 THEN 'accepted' WHEN 2 THEN 'preauthorized' WHEN 3 THEN 'pending' WHEN 4 THEN 'rejected' END
             FROM auth_set WHERE identity_id = identity.id) END
        """

    /// The word for it; that of a device that never asked there follows from its record.
    static func text(_ status: String?, state: String, isIdentified: Bool) -> String {
        if let status { return status }
        if isIdentified { return AuthSetStatus.withoutKeys }
        return switch DeviceState(rawValue: state) {
        case .approved: "accepted"
        case .pending: "pending"
        case .revoked, .rejected, .removed: "rejected"
        case nil: AuthSetStatus.withoutKeys
        }
    }
}
