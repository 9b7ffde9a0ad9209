internal import Administration
internal import CoSigning
internal import Devices
internal import Encoding
internal import HubHTTP
internal import Issuing
internal import Journal
internal import People
internal import Presence
internal import Reach
internal import Releases
internal import Secrets
internal import Updates

/// What an operator is told beside what happened. All of it together is the table of docs/error-codes.md, with which a
/// test compares it.
struct OperatorWords: Equatable {
    /// Word of docs/error-codes.md; never reworded once released.
    let code: String
    /// What to do next, one sentence; may be empty.
    let hint: String

    init(_ code: String, _ hint: String = "") {
        self.code = code
        self.hint = hint
    }

    /// The words for an error; its kind alone for one of an unknown type.
    static func of(_ error: any DomainError) -> OperatorWords {
        switch error {
        case let error as AdminError: words(error)
        case let error as CoSignRefusal: words(error)
        case let error as DevicesError: words(error)
        case let error as IdentityError: words(error)
        case let error as ImportError: words(error)
        case let error as InventoryError: words(error)
        case let error as IssuingError: words(error)
        case let error as JournalError: words(error)
        case let error as LinkError: words(error)
        case let error as PeopleError: words(error)
        case let error as LinkKeyError: words(error)
        case let error as ReachError: words(error)
        case let error as ReleasesError: words(error)
        case let error as SecretsError: words(error)
        case let error as AdministrationError: words(error)
        case let error as TunnelTokenError: words(error)
        case let error as UpdatesError: words(error)
        case let error as UserTokenError: words(error)
        default: OperatorWords(error.kind.rawValue)
        }
    }

    /// The next step after a refusal that no room has made.
    static func hint(_ refusal: HTTPRefusal) -> String {
        switch refusal {
        case .notJSON: "send it with Content-Type: application/json"
        case .sentAsForm(let type): "send it with Content-Type: \(type)"
        case .bodyTooLong: "send less; for many secrets use: oob import"
        case .storeFull: "make room on the disk of its state folder and try again"
        case .storeUnwritable: "look at the disk of its state folder, and into its log"
        case .lost, .foreignOrigin, .notWebSocket, .webSocketVersion, .broken, .http, .fault: ""
        }
    }
}
