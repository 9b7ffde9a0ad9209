package import Encoding

extension InventoryError: DomainError {
    package var kind: ErrorKind {
        switch self {
        case .tooManyAttributes, .tooLarge, .invalidTags, .invalidGroup, .invalidFilter: .invalid
        case .tagsChanged: .changed
        case .unknownIdentity, .unknownGroup, .notInGroup: .notFound
        case .groupExists, .groupIsDynamic: .conflict
        case .tooManyGroups: .full
        case .tooManySearches: .tooMany
        case .searchTooCostly: .unusable
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

    package var retryAfterSeconds: Int? { self == .tooManySearches ? 5 : nil }
}
