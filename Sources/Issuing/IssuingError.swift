package import PKI

/// Why the authority can't start or refused to issue.
package enum IssuingError: Error, Equatable, Sendable {
    /// The key file belongs to another certificate.
    case authorityKeyMismatch(certificate: String, key: String)
    /// The certificate of the authority is not an authority certificate, or may not sign.
    case notAnAuthority(file: String)
    /// The certificate of the authority has ended.
    case authorityExpired(file: String, at: Int64)
    /// The authority came to its end while the hub ran, Unix seconds: it signs nothing any more.
    case authorityEnded(at: Int64)
    /// Another key asks for a certificate of a name that had its share; the next one is signed in so many seconds.
    case tooManyCertificates(seconds: Int64)
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
    /// A name that only the hub itself puts into certificates was asked for.
    case nameNotAllowed
    /// An operator asks for a certificate that nobody gets; the text says why.
    case badWish(String)
    /// No profile of that name.
    case unknownProfile(String)
    /// The secret was used or replaced while the request was on its way.
    case secretGone
    /// The device may not enrol: rejected, revoked or removed.
    case deviceRefused(String)
    /// The certificate was not signed by an authority of the site.
    case foreignCertificate
    /// No certificate of that serial.
    case unknownCertificate(String)
    /// The text is not a serial, or shorter than any that an authority makes at random.
    case invalidSerial(String, isShort: Bool)
    /// So many serials are revoked already that the hub has no certificate for.
    case tooManyUnknownSerials(Int)
    /// The certificate or device is not on hold, so there is nothing to lift.
    case notOnHold(String)
    /// The key of an authority of the past is gone: it can't sign.
    case authorityWithoutKey(generation: Int64)
    /// The operator gave the authority: only the operator can make the next one.
    case authorityIsGiven
    /// Another change of the authorities is under way.
    case authorityIsChanging
    /// So many authorities count already that devices would take no further one.
    case tooManyAuthorities
    /// No authority of the past has that number.
    case unknownAuthority(Int64)
    /// Certificates under the authority count until then, Unix seconds.
    case authorityInUse(until: Int64)
    /// The hub's own certificate can't be made without a name or address.
    case noNames
}
