import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization
import Testing

@testable import HubHTTP

/// HEAD over a real socket: its answer is GET's without the content (RFC 9110 section 9.3.2), whatever the route and
/// whatever the status.
struct HeadRequestTests {
    private static func router(_ ended: Counter) -> Router<HubContext> {
        let router = Router(context: HubContext.self)
        router.add(middleware: ErrorAnswers(HubErrorForm()))
        router.get("text") { _, _ in "content" }
        router.get("stream") { _, _ in
            Response(
                status: .ok,
                body: ResponseBody { writer in
                    defer { ended.increment() }
                    try await writer.write(ByteBuffer(string: "content"))
                    try await writer.finish(nil)
                })
        }
        router.get("endless") { _, _ in
            Response(
                status: .ok,
                body: ResponseBody { _ in
                    defer { ended.increment() }
                    try await Task.sleep(for: .seconds(3600))
                })
        }
        router.post("only-post") { _, _ in "content" }
        return router
    }

    @Test(arguments: ["/text", "/stream", "/endless", "/only-post", "/unknown"])
    func head_IsAnsweredWithoutContent(path: String) async throws {
        let ended = Counter()
        try await LiveListener.run(Self.router(ended)) { port in
            let peer = try await RawPeer(port: port)
            try await peer.send(
                "HEAD \(path) HTTP/1.1\r\nHost: h\r\n\r\nGET /text HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            let answers = try await peer.all()
            let parts = answers.components("\r\n\r\n")
            #expect(parts.count == 3)
            #expect(parts[1].hasPrefix("HTTP/1.1 200"))
            #expect(parts[2] == "content")
            #expect(!parts[0].lowercased().contains("transfer-encoding"))
        }
        #expect(ended.count == (path == "/stream" || path == "/endless" ? 1 : 0))
    }

    @Test func head_HasTheLengthOfGet() async throws {
        try await LiveListener.run(Self.router(Counter())) { port in
            let peer = try await RawPeer(port: port)
            try await peer.send("HEAD /text HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            #expect(try await peer.all().lowercased().contains("content-length: 7\r\n"))
        }
    }
}
