internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPTypesHTTP1

/// What the head of a request says about the message itself, before any route looks at it.
struct RequestHead {
    /// What follows the head.
    enum Body: Equatable {
        case none
        case length(Int)
        case chunks
    }

    let request: HTTPRequest
    let body: Body
    /// Whether the peer waits for a word before it sends the body (RFC 9110 section 10.1.1).
    let expectsContinue: Bool
    /// Whether the connection may serve another request.
    let keepsAlive: Bool
    /// HTTP/1.0 has no chunks.
    let isOld: Bool

    /// - Throws: ``MalformedRequest``.
    init(_ head: HTTPRequestHead) throws(MalformedRequest) {
        // RFC 9112 section 3.2: a request without Host, or with two, is one that a proxy and we may understand
        // differently.
        let hosts = head.headers["Host"].count
        isOld = head.version.major < 1 || (head.version.major == 1 && head.version.minor == 0)
        guard hosts == 1 || (hosts == 0 && isOld) else { throw MalformedRequest() }
        body = try Self.body(head)
        guard let request = try? HTTPRequest(head, secure: false, splitCookie: false) else { throw MalformedRequest() }
        self.request = request
        expectsContinue =
            !isOld && body != .none && head.headers["Expect"].contains { $0.lowercased() == "100-continue" }
        // The decoder reads nothing behind a request that asks to change the protocol.
        keepsAlive = head.isKeepAlive && head.method != .CONNECT && !Self.asksForUpgrade(head)
    }

    private static func asksForUpgrade(_ head: HTTPRequestHead) -> Bool {
        head.headers.contains(name: "Upgrade")
            && head.headers[canonicalForm: "Connection"].contains { $0.lowercased() == "upgrade" }
    }

    private static func body(_ head: HTTPRequestHead) throws(MalformedRequest) -> Body {
        let codings = head.headers[canonicalForm: "Transfer-Encoding"]
        guard codings.isEmpty else {
            // The decoder refuses a length beside it. A coding that is not known can't be taken off again.
            guard codings.count == 1, codings[0].lowercased() == "chunked" else { throw MalformedRequest() }
            return .chunks
        }
        guard let text = head.headers.first(name: "Content-Length") else { return .none }
        guard let length = Int(text), length >= 0 else { throw MalformedRequest() }
        return length == 0 ? .none : .length(length)
    }
}

/// A request that can't be served because of its form: 400, and the end of the connection.
struct MalformedRequest: Error {}
