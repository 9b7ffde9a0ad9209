/// Why a certificate was revoked (RFC 5280 section 5.3.1); the raw value is the code of CRL and OCSP.
package enum RevocationReason: Int64, Sendable, CaseIterable {
    case unspecified = 0
    case keyCompromise = 1
    case affiliationChanged = 3
    case superseded = 4
    case cessationOfOperation = 5
    /// The only one that can be lifted again.
    case certificateHold = 6
    case privilegeWithdrawn = 9

    /// As people and JSON write it: `keyCompromise`.
    package var name: String { "\(self)" }

    /// Reads a reason's name, whatever its case.
    package init?(name: String) {
        guard let known = Self.allCases.first(where: { $0.name.lowercased() == name.lowercased() }) else { return nil }
        self = known
    }
}
