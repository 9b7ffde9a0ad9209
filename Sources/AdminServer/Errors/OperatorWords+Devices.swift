internal import Devices
internal import People
internal import Reach

extension OperatorWords {
    static func words(_ error: IdentityError) -> OperatorWords {
        switch error {
        case .unknown: .init("unknownIdentity", "list the known ones with: hubctl device list")
        case .badChange(let deviceID): .init("badKeyChange", "see its state with: hubctl device show \(deviceID)")
        case .deviceLimit:
            .init(
                "deviceLimit",
                "take one out of service; hubctl device list --state approved names them")
        case .exists: .init("identityExists", "give the key to that device with --force")
        }
    }

    static func words(_ error: InventoryError) -> OperatorWords {
        switch error {
        case .tooManyAttributes: .init("tooManyAttributes")
        case .tooLarge: .init("inventoryTooLarge")
        case .invalidTags: .init("invalidTags")
        case .tagsChanged: .init("tagsChanged")
        case .unknownIdentity: .init("unknownIdentity", "list the known ones with: hubctl device list")
        case .invalidGroup: .init("invalidGroup")
        case .unknownGroup: .init("unknownGroup", "list the known ones with: hubctl group list")
        case .groupExists(let name): .init("groupExists", "look at it with: hubctl group show \(name)")
        case .groupIsDynamic(let name): .init("groupIsDynamic", "look at it with: hubctl group show \(name)")
        case .notInGroup(let name): .init("notInGroup", "see who is with: hubctl group show \(name)")
        case .invalidFilter:
            .init(
                "invalidFilter",
                "write it like inventory.os=debian, tags.site~^north or inventory.mem>=512")
        case .tooManyGroups: .init("tooManyGroups", "delete one with: hubctl group delete NAME")
        case .tooManySearches: .init("tooManySearches", "try again in some seconds")
        case .searchTooCostly:
            .init(
                "searchTooCostly",
                "add terms that name values, or make the regular expressions shorter")
        }
    }

    static func words(_ error: LinkKeyError) -> OperatorWords {
        switch error {
        case .unknown: .init("unknownLinkKey", "list the known ones with: hubctl link key list")
        case .ambiguous: .init("ambiguousLinkKey", "give more characters of it: hubctl link key list")
        case .exists: .init("linkKeyExists", "look at it with: hubctl link key list")
        case .invalid: .init("invalidLinkKey")
        case .tooMany: .init("tooManyLinkKeys", "revoke one with: hubctl link key revoke KEY")
        case .deviceShutOut(let id):
            .init("deviceShutOut", "let it in again first: hubctl device approve \(id)")
        case .notOnLink(let id):
            .init("notOnLink", "see what it waits for with: hubctl device show \(id)")
        }
    }

    static func words(_ error: UserTokenError) -> OperatorWords {
        switch error {
        case .invalid: .init("invalidToken")
        case .unknown: .init("unknownToken", "list the known ones with: hubctl user token list NAME")
        case .nameTaken: .init("tokenExists", "remove one with: hubctl user token remove NAME ID")
        case .tooMany: .init("tooManyTokens", "remove one with: hubctl user token remove NAME ID")
        }
    }

    static func words(_ error: TunnelTokenError) -> OperatorWords {
        switch error {
        case .invalidToken: .init("invalidTunnelToken")
        case .unknownToken: .init("unknownTunnelToken", "list valid tokens with: hubctl tunnel tokens")
        case .tooManyTokens: .init("tooManyTunnelTokens", "revoke one with: hubctl tunnel revoke ID")
        case .deviceNotApproved(let id): .init("deviceNotApproved", "see why with: hubctl device show \(id)")
        }
    }
}
