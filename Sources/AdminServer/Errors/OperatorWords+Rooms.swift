internal import Devices
internal import Encoding
internal import Journal
internal import People
internal import Reach
internal import Secrets

extension OperatorWords {
    static func words(_ error: DevicesError) -> OperatorWords {
        switch error {
        case .unknownDevice: .init("unknownDevice", "list the known ones with: hubctl device list")
        case .invalidDeviceID: .init("invalidDeviceID", "docs/manual.md, \"Device IDs\", has the rule")
        case .deviceNameTaken(let id, _):
            .init(
                "deviceNameTaken",
                "give the device another ID, or revoke the certificate: "
                    + "hubctl cert list --common-name \(ShellWord.quoted(id))")
        case .nameOfDevice(let name, isSecretOnly: true):
            .init(
                "nameOfDevice",
                "choose another name, or remove the secret first: oob remove \(ShellWord.quoted(name))")
        case .nameOfDevice(let name, _):
            .init(
                "nameOfDevice",
                "choose another name, or take the device out first: hubctl device remove \(ShellWord.quoted(name))")
        case .invalidFingerprint:
            .init(
                "invalidFingerprint",
                "copy it from the device, or from what hubctl device show says of it")
        case .fingerprintMismatch(let id):
            .init(
                "fingerprintMismatch",
                "compare again: hubctl device show \(ShellWord.quoted(id))")
        case .nothingToApprove(let id):
            .init(
                "nothingToApprove",
                "wait until it asks, or register its secret: oob add \(ShellWord.quoted(id)) --secret-file FILE")
        case .invalidPairing: .init("invalidPairing")
        case .noPairingWindow: .init("noPairingWindow", "open one with: hubctl pairing open --minutes 10")
        }
    }

    static func words(_ error: SecretsError) -> OperatorWords {
        switch error {
        case .unknownSecret: .init("unknownSecret", "list the registered ones with: oob list")
        case .invalidSecret: .init("invalidSecret", "make strong ones with: oob generate")
        case .invalidValidUntil: .init("invalidValidUntil", "write it like 2027-01-31 or 2027-01-31T12:00:00Z")
        case .invalidOU: .init("invalidOU", "admins get their certificate with: hubctl cert issue")
        case .expiredValidUntil: .init("expiredValidUntil", "choose a later one, or leave it out")
        case .secretInUse(let id):
            .init(
                "secretInUse",
                "give it a new secret with: oob add --replace \(ShellWord.quoted(id))")
        }
    }

    static func words(_ error: ReachError) -> OperatorWords {
        switch error {
        case .unknownService: .init("unknownService", "list the known ones with: hubctl service list")
        case .invalidService: .init("invalidService")
        }
    }

    static func words(_ error: PeopleError) -> OperatorWords {
        switch error {
        case .unknownUser: .init("unknownUser", "list the known ones with: hubctl user list")
        case .invalidUser: .init("invalidUser")
        case .userExists(let name):
            .init(
                "userExists",
                "change the password with: hubctl user passwd \(ShellWord.quoted(name))")
        }
    }

    static func words(_ error: JournalError) -> OperatorWords {
        switch error {
        case .trailBroken:
            .init(
                "trailBroken",
                "keep a copy of the state folder and look who had access; then see hubctl audit verify")
        case .unknownWebhook: .init("unknownWebhook", "list the known ones with: hubctl webhook list")
        case .invalidWebhook: .init("invalidWebhook")
        case .tooManyWebhooks: .init("tooManyWebhooks", "remove one with: hubctl webhook remove ID")
        case .unknownAlarm: .init("unknownAlarm", "list active alarms with: hubctl alarms")
        case .tooManyReports: .init("tooManyReports")
        }
    }

    static func words(_ error: ImportError) -> OperatorWords {
        switch error {
        case .badFile: .init("badFile", "oob-secrets/README.md describes the format")
        case .storeFull: .init("storeFull", "make room and import again")
        }
    }
}
