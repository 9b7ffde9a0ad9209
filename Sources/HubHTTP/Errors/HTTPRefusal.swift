internal import Files
internal import Glibc
package import HTTPTypes
internal import Store

/// What a request is refused with before any protocol has a say in it, or for a reason that none of them knows.
package enum HTTPRefusal: RouteError, Equatable {
    /// The certificate of the peer is no longer valid.
    case lost(PeerLoss)
    /// A web page of another host made the browser ask.
    case foreignOrigin
    /// The body is sent as something else than JSON.
    case notJSON
    /// The body has a type that a form can send, in place of that one.
    case sentAsForm(instead: String)
    /// The body is longer than the route takes.
    case bodyTooLong
    /// The path is a WebSocket, and the request is not an opening handshake.
    case notWebSocket
    /// Another version of the WebSocket protocol than 13.
    case webSocketVersion
    /// The request is cut off or broken.
    case broken
    /// The hub's disk is full.
    case storeFull
    /// The hub's disk can't be written.
    case storeUnwritable
    /// A refusal of the router, or of the library below it.
    case http(HTTPResponse.Status, String)
    /// A fault of the hub.
    case fault

    package var status: HTTPResponse.Status {
        switch self {
        case .lost, .foreignOrigin: .forbidden
        case .notJSON, .sentAsForm: .unsupportedMediaType
        case .bodyTooLong: .contentTooLarge
        case .notWebSocket, .broken: .badRequest
        case .webSocketVersion: .upgradeRequired
        case .storeFull, .storeUnwritable: .insufficientStorage
        case .http(let status, _): status
        case .fault: .internalServerError
        }
    }

    package var code: String {
        switch self {
        case .lost(.revoked): "revokedCertificate"
        case .lost(.ended): "endedCertificate"
        case .foreignOrigin: "foreignOrigin"
        case .notJSON, .sentAsForm: "unsupportedType"
        case .bodyTooLong: "tooLarge"
        case .notWebSocket: "notWebSocket"
        case .webSocketVersion: "webSocketVersion"
        case .storeFull: "storeFull"
        case .storeUnwritable: "storeUnwritable"
        case .broken, .http: "http\(status.code)"
        case .fault: "internal"
        }
    }

    package var message: String {
        switch self {
        case .lost(.revoked): "the client certificate was revoked"
        case .lost(.ended): "the client certificate has ended"
        case .foreignOrigin:
            "the request comes from a page of another host; open the page from the hub itself, by one of its names or addresses"
        case .notJSON: "the request body must be JSON"
        case .sentAsForm: "the request body must not be sent as a form, as plain text or without its type"
        case .bodyTooLong: "the request body is too long"
        case .notWebSocket: "this path is a WebSocket; the request is not an opening handshake"
        case .webSocketVersion: "only version 13 of the WebSocket protocol is spoken"
        case .broken: "the request is broken or incomplete"
        case .storeFull: "the hub's disk is full; nothing was changed"
        case .storeUnwritable: "the hub's disk can't be written; nothing was changed"
        case .http(_, let text): text
        case .fault: ""
        }
    }

    /// The connection of a peer whose certificate is no longer valid is closed after the answer.
    package var headers: HTTPFields { if case .lost = self { [.connection: "close"] } else { [:] } }
}

extension HTTPRefusal {
    /// The hub's disk does not take what a request would change; for those who can do something about it.
    ///
    /// - Returns: `nil` for an error that has another reason.
    package init?(storage error: any Error) {
        switch (error as? FileError)?.number {
        case ENOSPC, EDQUOT: self = .storeFull
        case EIO, EROFS: self = .storeUnwritable
        default:
            switch WriteFault(error) {
            case .full: self = .storeFull
            case .refused: self = .storeUnwritable
            case nil: return nil
            }
        }
    }
}
