package import Devices
package import People

extension InventoryError: SampledError {
    package static var first: InventoryError { .tooManyAttributes }

    package var next: InventoryError? {
        switch self {
        case .tooManyAttributes: .tooLarge
        case .tooLarge: .invalidTags(reason: "a reason")
        case .invalidTags: .tagsChanged
        case .tagsChanged: .unknownIdentity("lamp-1")
        case .unknownIdentity: .invalidGroup
        case .invalidGroup: .unknownGroup("lamp-1")
        case .unknownGroup: .groupExists("lamp-1")
        case .groupExists: .groupIsDynamic("lamp-1")
        case .groupIsDynamic: .notInGroup("lamp-1")
        case .notInGroup: .invalidFilter(reason: "a reason")
        case .invalidFilter: .tooManyGroups(limit: 7)
        case .tooManyGroups: .tooManySearches
        case .tooManySearches: .searchTooCostly
        case .searchTooCostly: nil
        }
    }
}

extension IdentityError: SampledError {
    package static var first: IdentityError { .unknown }

    package var next: IdentityError? {
        switch self {
        case .unknown: .badChange(deviceID: "lamp-1")
        case .badChange: .deviceLimit
        // A room makes the record that goes with `exists`: it is in the tests that may.
        case .deviceLimit, .exists: nil
        }
    }
}

extension LinkKeyError: SampledError {
    package static var first: LinkKeyError { .unknown("nhp_zM9sVtXo") }

    package var next: LinkKeyError? {
        switch self {
        case .unknown: .ambiguous("nhp_zM9s")
        case .ambiguous: .exists("nhp_zM9sVtXo")
        case .exists: .invalid(reason: "a reason")
        case .invalid: .tooMany(limit: 7)
        case .tooMany: .deviceShutOut("lamp-1")
        case .deviceShutOut: .notOnLink("lamp-1")
        case .notOnLink: nil
        }
    }
}

extension UserTokenError: SampledError {
    package static var first: UserTokenError { .invalid(reason: "a reason") }

    package var next: UserTokenError? {
        switch self {
        case .invalid: .nameTaken("lamp-1")
        case .nameTaken: .tooMany(limit: 7)
        case .tooMany: .unknown("lamp-1")
        case .unknown: nil
        }
    }
}

extension LoginError: SampledError {
    package static var first: LoginError { .wrong }

    package var next: LoginError? {
        switch self {
        case .wrong: .locked(seconds: 7)
        case .locked: .busy
        case .busy: nil
        }
    }
}
