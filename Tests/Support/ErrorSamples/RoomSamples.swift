package import Devices
package import Journal
package import People
package import Reach
package import Secrets
internal import Wire

extension DevicesError: SampledError {
    package static var first: DevicesError { .unknownDevice("lamp-1") }

    package var next: DevicesError? {
        switch self {
        case .unknownDevice: .invalidDeviceID(.empty)
        case .invalidDeviceID: .deviceNameTaken("lamp-1", ou: "lamp-1")
        case .deviceNameTaken: .nameOfDevice("lamp-1")
        case .nameOfDevice: .invalidFingerprint
        case .invalidFingerprint: .fingerprintMismatch("lamp-1")
        case .fingerprintMismatch: .nothingToApprove("lamp-1")
        case .nothingToApprove: .invalidPairing(reason: "a reason")
        case .invalidPairing: .noPairingWindow
        case .noPairingWindow: nil
        }
    }
}

extension SecretsError: SampledError {
    package static var first: SecretsError { .unknownSecret("lamp-1") }

    package var next: SecretsError? {
        switch self {
        case .unknownSecret: .invalidSecret
        case .invalidSecret: .invalidValidUntil
        case .invalidValidUntil: .invalidOU
        case .invalidOU: .expiredValidUntil
        case .expiredValidUntil: .secretInUse("lamp-1")
        case .secretInUse: nil
        }
    }
}

extension ReachError: SampledError {
    package static var first: ReachError { .unknownService("lamp-1") }

    package var next: ReachError? {
        switch self {
        case .unknownService: .invalidService(reason: "a reason")
        case .invalidService: nil
        }
    }
}

extension PeopleError: SampledError {
    package static var first: PeopleError { .unknownUser("lamp-1") }

    package var next: PeopleError? {
        switch self {
        case .unknownUser: .invalidUser(reason: "a reason")
        case .invalidUser: .userExists("lamp-1")
        case .userExists: nil
        }
    }
}

extension JournalError: SampledError {
    package static var first: JournalError { .trailBroken(reason: "a reason") }

    package var next: JournalError? {
        switch self {
        case .trailBroken: .unknownWebhook("lamp-1")
        case .unknownWebhook: .invalidWebhook(reason: "a reason")
        case .invalidWebhook: .tooManyWebhooks(limit: 7)
        case .tooManyWebhooks: .unknownAlarm("lamp-1")
        case .unknownAlarm: .tooManyReports
        case .tooManyReports: nil
        }
    }
}

extension TunnelTokenError: SampledError {
    package static var first: TunnelTokenError { .invalidToken(reason: "a reason") }

    package var next: TunnelTokenError? {
        switch self {
        case .invalidToken: .unknownToken("lamp-1")
        case .unknownToken: .tooManyTokens(7)
        case .tooManyTokens: .deviceNotApproved("lamp-1")
        case .deviceNotApproved: nil
        }
    }
}

extension ImportError: SampledError {
    package static var first: ImportError { .badFile("lamp-1") }

    package var next: ImportError? {
        switch self {
        case .badFile: .storeFull
        case .storeFull: nil
        }
    }
}
