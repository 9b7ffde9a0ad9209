package import Issuing
internal import PKI

extension IssuingError: SampledError {
    package static var first: IssuingError { .authorityKeyMismatch(certificate: "/ca/ca.key", key: "/ca/ca.key") }

    package var next: IssuingError? {
        switch self {
        case .authorityKeyMismatch: .notAnAuthority(file: "/ca/ca.key")
        case .notAnAuthority: .authorityExpired(file: "/ca/ca.key", at: 7)
        case .authorityExpired: .authorityEnded(at: 7)
        case .authorityEnded: .tooManyCertificates(seconds: 7)
        case .tooManyCertificates: .keyFileTooOpen(file: "/ca/ca.key", mode: 0o644)
        case .keyFileTooOpen: .passphraseNeeded(file: "/ca/ca.key")
        case .passphraseNeeded: .wrongPassphrase(file: "/ca/ca.key")
        case .wrongPassphrase: .halfAuthority(missing: "/ca/ca.key")
        case .halfAuthority: .tokenWithoutCertificate(missing: "/ca/ca.key")
        case .tokenWithoutCertificate: .token(.tokenMissing, key: "pkcs11:object=ca", module: nil, reason: "none")
        case .token: .brokenChain(file: "/ca/ca.key")
        case .brokenChain: .unreadable(file: "/ca/ca.key", reason: "a reason")
        case .unreadable: .keyNotAllowed
        case .keyNotAllowed: .nameNotAllowed
        case .nameNotAllowed: .badWish("a reason")
        case .badWish: .unknownProfile("lamp-1")
        case .unknownProfile: .secretGone
        case .secretGone: .deviceRefused("lamp-1")
        case .deviceRefused: .foreignCertificate
        case .foreignCertificate: .unknownCertificate("lamp-1")
        case .unknownCertificate: .invalidSerial("lamp-1", isShort: false)
        case .invalidSerial: .tooManyUnknownSerials(7)
        case .tooManyUnknownSerials: .notOnHold("lamp-1")
        case .notOnHold: .authorityWithoutKey(generation: 7)
        case .authorityWithoutKey: .authorityIsGiven
        case .authorityIsGiven: .authorityIsChanging
        case .authorityIsChanging: .tooManyAuthorities
        case .tooManyAuthorities: .unknownAuthority(7)
        case .unknownAuthority: .authorityInUse(until: 7)
        case .authorityInUse: .noNames
        case .noNames: nil
        }
    }
}
