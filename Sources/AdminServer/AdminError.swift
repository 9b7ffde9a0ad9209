internal import Devices
internal import Encoding
package import HTTPTypes
internal import HubHTTP
internal import Issuing
internal import Journal
internal import Secrets
internal import Wire

/// What the admin API itself refuses.
package enum AdminError: Error, Equatable, PeerFacingError {
    /// The caller is no administrator.
    case forbidden
    /// The caller's certificate of an administrator begins then, Unix seconds.
    case notYetValid(Int64)
    /// The body or a query parameter is not what the call takes.
    case badRequest(String)
    /// Another backup is being made.
    case backupRunning
    /// No import has that number, or it refused no row.
    case unknownReport(String)
    /// The device holds no link to the hub.
    case notConnected(String)
    /// That device sent no log of the deployment.
    case noLog(String, deployment: String)
    /// Nothing holds at that point of the deployment.
    case nothingHeld(String, deployment: String)

    package var status: HTTPResponse.Status {
        switch self {
        case .forbidden, .notYetValid: .forbidden
        case .badRequest: .badRequest
        case .backupRunning, .notConnected, .nothingHeld: .conflict
        case .unknownReport, .noLog: .notFound
        }
    }

    package var code: String {
        switch self {
        case .forbidden: "forbidden"
        case .notYetValid: "notYetValid"
        case .badRequest: "badRequest"
        case .backupRunning: "backupRunning"
        case .unknownReport: "unknownReport"
        case .notConnected: "notConnected"
        case .noLog: "noLog"
        case .nothingHeld: "nothingHeld"
        }
    }

    package var message: String {
        switch self {
        case .forbidden: "your role does not allow this"
        case .notYetValid(let at): "your certificate is not valid before \(RFC3339.text(at)); issue it anew"
        case .badRequest(let what): what
        case .backupRunning: "another backup is being made"
        case .unknownReport(let number): "import \(number) has no report"
        case .notConnected(let id): "\(id) holds no link to the hub"
        case .noLog(let device, _): "\(device) sent no log of this deployment"
        case .nothingHeld(let point, _): "no device is held at \(point)"
        }
    }

    package var hint: String {
        switch self {
        case .forbidden: "use the hub's local socket, or a certificate of OU admin"
        case .notYetValid: "on the hub: hubctl cert issue NAME --ou admin --out NAME; is the hub's clock right?"
        case .badRequest: ""
        case .backupRunning: "wait until it is done"
        case .unknownReport: "oob import names the report of its refused rows"
        case .notConnected: "its link program must run and reach the hub; it comes back by itself"
        case .noLog(_, let deployment):
            "see how it stands with: hubctl deployment show \(deployment); devices send a log when they fail"
        case .nothingHeld(_, let deployment):
            "see where the deployment holds with: hubctl deployment show \(deployment)"
        }
    }
}

extension ImportError: PeerFacingError {
    package var status: HTTPResponse.Status {
        switch self {
        case .badFile: .unprocessableContent
        case .storeFull: .init(code: 507, reasonPhrase: "Insufficient Storage")
        }
    }

    package var code: String {
        switch self {
        case .badFile: "badFile"
        case .storeFull: "storeFull"
        }
    }

    package var hint: String {
        switch self {
        case .badFile: "oob-secrets/README.md describes the format"
        case .storeFull: "make room and import again"
        }
    }
}

extension RegistryError: PeerFacingError {
    package var status: HTTPResponse.Status {
        switch self {
        case .unknownDevice, .unknownSecret, .unknownService, .unknownUser: .notFound
        case .invalidDeviceID, .invalidSecret, .invalidValidUntil, .expiredValidUntil, .invalidFingerprint,
            .invalidService, .invalidUser, .invalidOU:
            .badRequest
        case .fingerprintMismatch, .nothingToApprove, .userExists, .secretInUse, .trailBroken, .deviceNameTaken,
            .nameOfDevice:
            .conflict
        }
    }

    package var code: String {
        switch self {
        case .unknownDevice: "unknownDevice"
        case .unknownSecret: "unknownSecret"
        case .unknownService: "unknownService"
        case .unknownUser: "unknownUser"
        case .invalidDeviceID: "invalidDeviceID"
        case .deviceNameTaken: "deviceNameTaken"
        case .nameOfDevice: "nameOfDevice"
        case .invalidSecret: "invalidSecret"
        case .invalidValidUntil: "invalidValidUntil"
        case .expiredValidUntil: "expiredValidUntil"
        case .invalidOU: "invalidOU"
        case .invalidFingerprint: "invalidFingerprint"
        case .fingerprintMismatch: "fingerprintMismatch"
        case .nothingToApprove: "nothingToApprove"
        case .invalidService: "invalidService"
        case .invalidUser: "invalidUser"
        case .userExists: "userExists"
        case .secretInUse: "secretInUse"
        case .trailBroken: "trailBroken"
        }
    }

    package var message: String {
        switch self {
        case .unknownDevice(let id): "no device \(id) is known"
        case .unknownSecret(let id): "no secret is registered for \(id)"
        case .unknownService(let name): "no service \(name)"
        case .unknownUser(let name): "no user \(name)"
        case .invalidDeviceID(let problem): "the device ID \(problem.message)"
        case .deviceNameTaken(let id, let ou):
            "\(id) is already the name of a certificate with the OU \(ou); no device can use it"
        case .nameOfDevice(let name, _): "\(name) is already the name of a device; no other certificate can use it"
        case .invalidSecret: "a secret has 1 to \(SecretLimits.secretBytes) bytes"
        case .invalidValidUntil: "validUntil is neither an RFC 3339 date nor a date-time"
        case .expiredValidUntil: "validUntil lies in the past"
        case .invalidOU: "ou must be one of \(SecretRowReader.roles.sorted().joined(separator: ", "))"
        case .invalidFingerprint: "a fingerprint has 64 hexadecimal digits"
        case .fingerprintMismatch(let id): "\(id) asked with another key than this fingerprint"
        case .nothingToApprove(let id): "\(id) has not asked with a key yet"
        case .invalidService(let reason), .invalidUser(let reason): reason
        case .userExists(let name): "user \(name) exists"
        case .secretInUse(let id): "\(id) is provisioned already"
        case .trailBroken(let reason): "nothing more is pruned: \(reason)"
        }
    }

    package var hint: String {
        switch self {
        case .unknownDevice: "list the known ones with: hubctl device list"
        case .unknownSecret: "list the registered ones with: oob list"
        case .unknownService: "list the known ones with: hubctl service list"
        case .unknownUser: "list the known ones with: hubctl user list"
        case .invalidDeviceID: "docs/manual.md, \"Device IDs\", has the rule"
        case .deviceNameTaken(let id, _):
            "give the device another ID, or revoke the certificate: "
                + "hubctl cert list --common-name \(ShellWord.quoted(id))"
        case .nameOfDevice(let name, isSecretOnly: true):
            "choose another name, or remove the secret first: oob remove \(ShellWord.quoted(name))"
        case .nameOfDevice(let name, _):
            "choose another name, or take the device out first: hubctl device remove \(ShellWord.quoted(name))"
        case .invalidSecret: "make strong ones with: oob generate"
        case .invalidValidUntil: "write it like 2027-01-31 or 2027-01-31T12:00:00Z"
        case .expiredValidUntil: "choose a later one, or leave it out"
        case .invalidOU: "admins get their certificate with: hubctl cert issue"
        case .invalidFingerprint: "copy it from the device, or from what hubctl device show says of it"
        case .fingerprintMismatch(let id): "compare again: hubctl device show \(ShellWord.quoted(id))"
        case .nothingToApprove(let id):
            "wait until it asks, or register its secret: oob add \(ShellWord.quoted(id)) --secret-file FILE"
        case .invalidService, .invalidUser: ""
        case .userExists(let name): "change the password with: hubctl user passwd \(ShellWord.quoted(name))"
        case .secretInUse(let id): "give it a new secret with: oob add --replace \(ShellWord.quoted(id))"
        case .trailBroken: "keep a copy of the state folder and look who had access; then see hubctl audit verify"
        }
    }
}

extension IssuingError: PeerFacingError {
    package var status: HTTPResponse.Status {
        switch self {
        case .unknownCertificate: .notFound
        case .foreignCertificate: .unprocessableContent
        case .keyNotAllowed, .nameNotAllowed, .unknownProfile, .noNames, .invalidSerial: .badRequest
        case .secretGone, .notOnHold, .authorityIsGiven, .authorityInUse, .authorityIsChanging, .tooManyAuthorities,
            .authorityEnded, .tooManyUnknownSerials:
            .conflict
        case .tooManyCertificates: .tooManyRequests
        case .unknownAuthority: .notFound
        case .deviceRefused: .forbidden
        default: .internalServerError
        }
    }

    package var code: String {
        switch self {
        case .unknownCertificate: "unknownCertificate"
        case .foreignCertificate: "foreignCertificate"
        case .invalidSerial: "invalidSerial"
        case .tooManyUnknownSerials: "tooManyUnknownSerials"
        case .keyNotAllowed: "keyNotAllowed"
        case .nameNotAllowed: "nameNotAllowed"
        case .unknownProfile: "unknownProfile"
        case .secretGone: "secretGone"
        case .deviceRefused: "deviceRefused"
        case .notOnHold: "notOnHold"
        case .authorityIsGiven: "authorityIsGiven"
        case .authorityIsChanging: "authorityIsChanging"
        case .tooManyAuthorities: "tooManyAuthorities"
        case .unknownAuthority: "unknownAuthority"
        case .authorityInUse: "authorityInUse"
        case .authorityEnded: "authorityEnded"
        case .tooManyCertificates: "tooManyCertificates"
        default: "internal"
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

    package var hint: String {
        switch self {
        case .unknownCertificate: "list the issued ones with: hubctl cert list"
        case .foreignCertificate: "see whose they are with: hubctl ca show"
        case .invalidSerial: "copy it from hubctl cert list, or from openssl x509 -noout -serial -in FILE"
        case .tooManyUnknownSerials:
            "name the certificate with --certificate FILE, or take mistaken serials off: hubctl cert unhold SERIAL"
        case .keyNotAllowed: "use a P-256 key"
        case .nameNotAllowed: "choose another name; reach a device with: hubctl tunnel open DEVICE PORT"
        case .unknownProfile: "iotdevice, client, service, plugin and admin are built in"
        case .notOnHold: "only a certificate revoked with: hubctl cert hold can come back"
        case .authorityIsGiven: "make it as ca/README.md describes and name it in ca.certificate and ca.key"
        case .authorityIsChanging: "try again in a moment"
        case .tooManyAuthorities: "retire an old one first: hubctl ca retire N"
        case .unknownAuthority: "list them with: hubctl ca show"
        case .authorityEnded: "run hubctl ca rotate, or supply your own CA (ca/README.md)"
        case .tooManyCertificates: "renew with the key in use, or wait"
        case .authorityInUse: "wait until then, or shut their devices out with: hubctl ca retire N --force"
        default: ""
        }
    }
}
