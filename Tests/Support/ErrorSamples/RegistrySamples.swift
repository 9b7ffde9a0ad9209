package import Registry
internal import Wire

extension RegistryError: SampledError {
    package static var first: RegistryError { .unknownDevice("lamp-1") }

    package var next: RegistryError? {
        switch self {
        case .unknownDevice: .unknownSecret("lamp-1")
        case .unknownSecret: .unknownService("lamp-1")
        case .unknownService: .unknownUser("lamp-1")
        case .unknownUser: .invalidDeviceID(.empty)
        case .invalidDeviceID: .deviceNameTaken("lamp-1", ou: "lamp-1")
        case .deviceNameTaken: .nameOfDevice("lamp-1")
        case .nameOfDevice: .invalidSecret
        case .invalidSecret: .invalidValidUntil
        case .invalidValidUntil: .invalidOU
        case .invalidOU: .expiredValidUntil
        case .expiredValidUntil: .invalidFingerprint
        case .invalidFingerprint: .fingerprintMismatch("lamp-1")
        case .fingerprintMismatch: .nothingToApprove("lamp-1")
        case .nothingToApprove: .invalidService(reason: "a reason")
        case .invalidService: .invalidUser(reason: "a reason")
        case .invalidUser: .userExists("lamp-1")
        case .userExists: .secretInUse("lamp-1")
        case .secretInUse: .trailBroken(reason: "a reason")
        case .trailBroken: nil
        }
    }
}

extension NoticeError: SampledError {
    package static var first: NoticeError { .unknownWebhook("lamp-1") }

    package var next: NoticeError? {
        switch self {
        case .unknownWebhook: .invalidWebhook(reason: "a reason")
        case .invalidWebhook: .tooManyWebhooks(limit: 7)
        case .tooManyWebhooks: .unknownAlarm("lamp-1")
        case .unknownAlarm: .invalidPairing(reason: "a reason")
        case .invalidPairing: .noPairingWindow
        case .noPairingWindow: .tooManyReports
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
