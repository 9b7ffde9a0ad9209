package import PKI

/// Why the authority can't start or refused to issue. Codes are listed in docs/error-codes.md.
package enum IssuingError: Error, Equatable, Sendable {
    /// The key file belongs to another certificate.
    case authorityKeyMismatch(certificate: String, key: String)
    /// The certificate of the authority is no authority's, or may not sign.
    case notAnAuthority(file: String)
    /// The certificate of the authority has ended.
    case authorityExpired(file: String, at: Int64)
    /// A key file can be read by others.
    case keyFileTooOpen(file: String, mode: UInt32)
    /// The key is encrypted and no passphrase was given.
    case passphraseNeeded(file: String)
    /// The passphrase does not open the key.
    case wrongPassphrase(file: String)
    /// Only one of certificate and key is there.
    case halfAuthority(missing: String)
    /// The key is in a token, and there is no certificate for it yet.
    case tokenWithoutCertificate(missing: String)
    /// The key in a token can't be used; `key` names it, without its PIN.
    case token(PKIError.Step, key: String, module: String?, reason: String)
    /// The certificates of a file do not lead from each to the next.
    case brokenChain(file: String)
    /// A file is not what it should be.
    case unreadable(file: String, reason: String)
    /// The public key is of a kind the profile does not allow.
    case keyNotAllowed
    /// No profile of that name.
    case unknownProfile(String)
    /// The secret was used or replaced while the request was on its way.
    case secretGone
    /// The device may not enrol: rejected, revoked or removed.
    case deviceRefused(String)
    /// No certificate of that serial.
    case unknownCertificate(String)
    /// The hub's own certificate can't be made without a name or address.
    case noNames
}
