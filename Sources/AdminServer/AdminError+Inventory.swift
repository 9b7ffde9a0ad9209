internal import Devices
package import HTTPTypes
internal import HubHTTP
internal import People

extension InventoryError: PeerFacingError {
    package var status: HTTPResponse.Status {
        switch self {
        case .tooManyAttributes, .tooLarge, .invalidTags, .invalidGroup, .invalidFilter: .badRequest
        case .tagsChanged: .preconditionFailed
        case .unknownIdentity, .unknownGroup, .notInGroup: .notFound
        case .groupExists, .groupIsDynamic, .tooManyGroups: .conflict
        case .tooManySearches: .tooManyRequests
        case .searchTooCostly: .unprocessableContent
        }
    }

    package var code: String {
        switch self {
        case .tooManyAttributes: "tooManyAttributes"
        case .tooLarge: "inventoryTooLarge"
        case .invalidTags: "invalidTags"
        case .tagsChanged: "tagsChanged"
        case .unknownIdentity: "unknownIdentity"
        case .invalidGroup: "invalidGroup"
        case .unknownGroup: "unknownGroup"
        case .groupExists: "groupExists"
        case .groupIsDynamic: "groupIsDynamic"
        case .notInGroup: "notInGroup"
        case .invalidFilter: "invalidFilter"
        case .tooManyGroups: "tooManyGroups"
        case .tooManySearches: "tooManySearches"
        case .searchTooCostly: "searchTooCostly"
        }
    }

    package var message: String {
        switch self {
        case .tooManyAttributes: "the number of attributes in the scope is above the limit"
        case .tooLarge: "the attributes of the scope take more than \(InventoryLimits.bytes) bytes"
        case .invalidTags(let reason), .invalidFilter(let reason): reason
        case .tagsChanged: "the tags were changed meanwhile; read them again"
        case .unknownIdentity: "device not found"
        case .invalidGroup: "a group's name has 1 to 1024 letters, digits, '-' and '_'"
        case .unknownGroup(let name): "no group \(name)"
        case .groupExists(let name): "group \(name) exists"
        case .groupIsDynamic(let name): "the members of group \(name) follow from its filter"
        case .notInGroup(let name): "the device is not in group \(name)"
        case .tooManyGroups(let limit): "\(limit) groups with a filter are the most a hub keeps"
        case .tooManySearches: "too many searches with regular expressions are under way"
        case .searchTooCostly: "the regular expressions would take too long over all devices"
        }
    }

    package var hint: String {
        switch self {
        case .unknownIdentity: "list the known ones with: hubctl device list"
        case .unknownGroup: "list the known ones with: hubctl group list"
        case .groupExists(let name), .groupIsDynamic(let name): "look at it with: hubctl group show \(name)"
        case .invalidFilter: "write it like inventory.os=debian, tags.site~^north or inventory.mem>=512"
        case .tooManySearches: "try again in some seconds"
        case .searchTooCostly: "add terms that name values, or make the regular expressions shorter"
        case .tooManyGroups: "delete one with: hubctl group delete NAME"
        case .notInGroup(let name): "see who is with: hubctl group show \(name)"
        case .tooManyAttributes, .tooLarge, .invalidTags, .tagsChanged, .invalidGroup: ""
        }
    }

    package var retryAfterSeconds: Int? { self == .tooManySearches ? 5 : nil }
}

extension UserTokenError: PeerFacingError {
    package var status: HTTPResponse.Status {
        switch self {
        case .invalid: .badRequest
        case .unknown: .notFound
        case .nameTaken, .tooMany: .conflict
        }
    }

    package var code: String {
        switch self {
        case .invalid: "invalidToken"
        case .unknown: "unknownToken"
        case .nameTaken: "tokenExists"
        case .tooMany: "tooManyTokens"
        }
    }

    package var message: String {
        switch self {
        case .invalid(let reason): reason
        case .unknown(let id): "no token \(id)"
        case .nameTaken(let name): "a token \(name) exists"
        case .tooMany(let limit): "\(limit) tokens are the most one user may have"
        }
    }

    package var hint: String {
        switch self {
        case .invalid: ""
        case .unknown: "list the known ones with: hubctl user token list NAME"
        case .nameTaken, .tooMany: "remove one with: hubctl user token remove NAME ID"
        }
    }
}
