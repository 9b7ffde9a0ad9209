internal import Issuing

extension OperatorWords {
    static func words(_ error: IssuingError) -> OperatorWords {
        switch error {
        case .unknownCertificate: .init("unknownCertificate", "list the issued ones with: hubctl cert list")
        case .foreignCertificate: .init("foreignCertificate", "see whose they are with: hubctl ca show")
        case .invalidSerial:
            .init(
                "invalidSerial",
                "copy it from hubctl cert list, or from openssl x509 -noout -serial -in FILE")
        case .tooManyUnknownSerials:
            .init(
                "tooManyUnknownSerials",
                "name the certificate with --certificate FILE, or take mistaken serials off: "
                    + "hubctl cert unhold SERIAL")
        case .keyNotAllowed: .init("keyNotAllowed", "use a P-256 key")
        case .nameNotAllowed:
            .init(
                "nameNotAllowed",
                "choose another name; reach a device with: hubctl tunnel open DEVICE PORT")
        case .badWish: .init("badRequest")
        case .unknownProfile: .init("unknownProfile", "iotdevice, client, service, plugin and admin are built in")
        case .secretGone: .init("secretGone")
        case .deviceRefused: .init("deviceRefused")
        case .notOnHold: .init("notOnHold", "only a certificate revoked with: hubctl cert hold can come back")
        case .authorityIsGiven:
            .init(
                "authorityIsGiven",
                "make it as ca/README.md describes and name it in ca.certificate and ca.key")
        case .authorityIsChanging: .init("authorityIsChanging", "try again in a moment")
        case .tooManyAuthorities: .init("tooManyAuthorities", "retire an old one first: hubctl ca retire N")
        case .unknownAuthority: .init("unknownAuthority", "list them with: hubctl ca show")
        case .authorityInUse:
            .init(
                "authorityInUse",
                "wait until then, or shut their devices out with: hubctl ca retire N --force")
        case .authorityEnded: .init("authorityEnded", "run hubctl ca rotate, or supply your own CA (ca/README.md)")
        case .tooManyCertificates: .init("tooManyCertificates", "renew with the key in use, or wait")
        default: .init("internal")
        }
    }
}
