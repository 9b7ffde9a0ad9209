internal import NIOHTTP1
import Testing

@testable import Transport

/// What goes out in front of a body, and what is not sent because a peer could read it as something else.
@Suite struct RequestHeadTests {
    private static let hub = Endpoint.tls(host: "hub", port: 443)

    private static func head(
        _ method: String = "GET", _ path: String = "/", _ headers: [(String, String)] = [],
        body: HTTPExchangeRequest.Body = .none, to endpoint: Endpoint = hub
    ) throws -> [String] {
        let head = try Exchange.head(
            of: HTTPExchangeRequest(method: method, path: path, headers: headers, body: body), for: endpoint)
        return ["\(head.method.rawValue) \(head.uri)"] + head.headers.map { "\($0.name): \($0.value)" }
    }

    @Test(arguments: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    func method_IsSentAsItIs(method: String) throws {
        let hasBody = method == "POST" || method == "PUT"
        #expect(
            try Self.head(method, "/a?b=%20")
                == ["\(method) /a?b=%20", "Host: hub:443"] + (hasBody ? ["Content-Length: 0"] : []))
    }

    @Test func body_TellsItsLengthOrThatItIsInChunks() throws {
        #expect(try Self.head("POST", body: .bytes([1, 2, 3])).last == "Content-Length: 3")
        #expect(try Self.head("PATCH", body: .bytes([])).last == "Content-Length: 0")
        #expect(try Self.head("PUT", body: .stream(length: 7) { _ in }).last == "Content-Length: 7")
        #expect(try Self.head("PUT", body: .stream(length: nil) { _ in }).last == "Transfer-Encoding: chunked")
        #expect(try Self.head("DELETE").count == 2)
    }

    @Test(arguments: [
        (Endpoint.tls(host: "hub.local", port: 43776), "hub.local:43776", "hub.local:43776"),
        (.plain(host: "10.0.0.1", port: 80), "10.0.0.1:80", "10.0.0.1:80"),
        (.tls(host: "::1", port: 443), "[::1]:443", "[::1]:443"),
        (.tls(host: "fe80::1%eth0", port: 1), "[fe80::1]:1", "[fe80::1%eth0]:1"),
        (.unixSocket(path: "/run/hub.sock"), "localhost", "/run/hub.sock"),
    ])
    func host_IsNamedWithoutScope(endpoint: Endpoint, header: String, shown: String) throws {
        #expect(try Self.head(to: endpoint)[1] == "Host: \(header)")
        #expect(endpoint.description == shown)
    }

    @Test func headers_FollowInOrder() throws {
        let lines = try Self.head("GET", "/", [("X-A", "1"), ("x-b", ""), ("X-A", "~ 2")])
        #expect(lines.dropFirst(2) == ["X-A: 1", "x-b: ", "X-A: ~ 2"])
    }

    private static let refusals: [(method: String, path: String, headers: [(String, String)], reason: String)] = [
        ("", "/", [], "method"), ("get", "/", [], "method"), ("CONNECT", "/", [], "method"),
        ("GET ", "/", [], "method"), ("GET", "", [], "path"), ("GET", "x", [], "path"), ("GET", "*", [], "path"),
        ("GET", "http://hub/", [], "path"), ("GET", "/ ", [], "path"), ("GET", "/\n", [], "path"),
        ("GET", "/\u{7F}", [], "path"), ("GET", "/é", [], "path"), ("GET", "/\u{0}", [], "path"),
        ("GET", "/", [("", "a")], "header"), ("GET", "/", [("A", "\r")], "header"),
        ("GET", "/", [("A\n", "b")], "header"),
        ("GET", "/", [("A", "\u{0}")], "header"), ("GET", "/", [("A", "é")], "header"),
        ("GET", "/", [("A", "\t")], "header"), ("GET", "/", [("A", "b"), ("C", "\u{7F}")], "header"),
    ]

    @Test func requestThatMayMeanAnother_IsRefused() {
        for (method, path, headers, reason) in Self.refusals {
            let error = #expect(throws: TransportError.self, "\(method) \(path)") {
                try Self.head(method, path, headers)
            }
            #expect(error?.description == "request cannot be sent: \(reason)", "\(method) \(path)")
        }
    }

    @Test func bodyCount_AllowsWhatWasAnnounced() throws {
        let exact = BodyCount(limit: 5)
        #expect(try exact.add(2) == 2 && exact.add(0) == 2 && exact.add(3) == 5)
        try exact.finish()
        #expect(throws: TransportError.self) { try exact.add(1) }
        let short = BodyCount(limit: 5)
        _ = try short.add(4)
        let error = #expect(throws: TransportError.self) { try short.finish() }
        #expect(error?.description == "request cannot be sent: body shorter than announced")
        let open = BodyCount(limit: nil)
        #expect(try open.add(1 << 40) == 1 << 40)
        try open.finish()
    }

    @Test func headerOfAnAnswer_IsFoundInAnyCase() {
        let answer = HTTPExchangeResponse(
            status: 200, headers: [("ETag", "\"1\""), ("etag", "\"2\""), ("X", "")], body: [], peerCertificates: [])
        #expect(answer.header("ETAG") == "\"1\"" && answer.header("x")?.isEmpty == true && answer.header("y") == nil)
    }
}
