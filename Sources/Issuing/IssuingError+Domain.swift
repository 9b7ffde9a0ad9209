package import Encoding

/// What keeps the authority from starting is a fault to those who ask for a certificate; the daemon words it by itself.
extension IssuingError: DomainError {
    package var kind: ErrorKind {
        switch self {
        case .unknownCertificate, .unknownAuthority: .notFound
        case .foreignCertificate: .unusable
        case .keyNotAllowed, .nameNotAllowed, .badWish, .unknownProfile, .invalidSerial: .invalid
        case .secretGone: .gone
        case .notOnHold, .authorityIsGiven, .authorityInUse: .conflict
        case .tooManyAuthorities, .tooManyUnknownSerials: .full
        case .authorityIsChanging, .authorityEnded: .unavailable
        case .tooManyCertificates: .tooMany
        case .deviceRefused: .forbidden
        case .authorityKeyMismatch, .notAnAuthority, .authorityExpired, .keyFileTooOpen, .passphraseNeeded,
            .wrongPassphrase, .halfAuthority, .tokenWithoutCertificate, .token, .brokenChain, .unreadable,
            .authorityWithoutKey, .noNames:
            .fault
        }
    }

    package var message: String {
        switch self {
        case .unknownCertificate(let serial): "no certificate \(serial)"
        case .foreignCertificate: "the certificate was not issued by an authority of this site"
        case .invalidSerial(let text, let isShort):
            PlainText.of(text, limit: 64)
                + (isShort ? " is too short for a serial (16 or more hexadecimal digits)" : " is not a serial number")
        case .tooManyUnknownSerials(let limit):
            "\(limit) serials are revoked that the hub has no record of; it keeps no more"
        case .keyNotAllowed: "the public key is of a kind the profile does not allow"
        case .nameNotAllowed: "names that begin with urn:latchkey: are kept for the hub"
        case .badWish(let reason): reason
        case .unknownProfile(let name): "no profile \(name)"
        case .secretGone: "the secret was used or replaced meanwhile"
        case .deviceRefused(let id): "\(id) was rejected, revoked or removed"
        case .notOnHold(let what): "\(what) is not on hold"
        case .authorityIsGiven: "the authority was given by the configuration, so the hub can't make the next one"
        case .authorityIsChanging: "another change of the authority is under way"
        case .tooManyAuthorities: "so many authorities count already that devices would take no further one"
        case .unknownAuthority(let generation): "no authority of the past has the number \(generation)"
        case .authorityEnded(let at): "the site's authority ended \(RFC3339.text(at)), so nothing can be signed"
        case .tooManyCertificates(let seconds): "too many certificates for that name; the next one in \(seconds) s"
        case .authorityInUse(let until): "certificates under that authority count until \(RFC3339.text(until))"
        default: ""
        }
    }

    package var retryAfterSeconds: Int? {
        if case .tooManyCertificates(let seconds) = self { Int(seconds) } else { nil }
    }
}
