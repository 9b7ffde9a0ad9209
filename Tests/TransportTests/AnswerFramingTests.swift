import BaseTestSupport
import HostilePeer
import Testing

@testable import Transport

/// Where an answer ends (RFC 9112, 6 and 7), however its bytes come, and that none is taken for whole that is not.
@Suite(.timeLimit(.minutes(2))) struct AnswerFramingTests {
    static func connect(_ server: ScriptedServer, _ limits: TransportLimits) async throws -> HTTPConnection {
        try await HTTPConnection.connect(.plain(host: "127.0.0.1", port: server.port), tls: nil, limits: limits)
    }

    struct Answer: Sendable, CustomTestStringConvertible {
        let text: String
        var status = 200
        var body = ""
        var testDescription: String { text.debugDescription }
    }

    static let answers: [Answer] = [
        Answer(text: "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", body: "abc"),
        Answer(text: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        Answer(
            text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n00B\r\nbcdefghijkl\r\n0\r\n\r\n",
            body: "abcdefghijkl"),
        Answer(
            text: "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n2;x=\"y\"\r\nab\r\n0\r\nX-Trailer: z\r\n\r\n",
            body: "ab"),
        Answer(
            text: "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab",
            body: "ab"),
        Answer(text: "HTTP/1.1 204 No Content\r\n\r\n", status: 204),
        Answer(text: "HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n", status: 304),
        Answer(text: "HTTP/1.1 404 \r\nContent-Length: 1\r\n\r\n\n", status: 404, body: "\n"),
        Answer(text: "HTTP/1.1 500 x\r\nA:b\r\nB:   c  \r\nContent-Length: 2\r\n\r\n\r\n", status: 500, body: "\r\n"),
    ]

    /// All on one connection: an answer that was read too far or too short would spoil the next.
    @Test(arguments: answers) func answer_EndsWhereItEndsInAnyPieces(_ answer: Answer) async throws {
        let cuts = Array(Damage.cuts(of: Array(answer.text.utf8)))
        try await ScriptedServer.run { peer in
            for pieces in cuts {
                _ = try await peer.request()
                for piece in pieces where !piece.isEmpty { try await peer.send(piece) }
            }
            try await peer.waitForEnd()
        } body: { server async throws in
            let connection = try await Self.connect(server, TransportLimits())
            defer { connection.close() }
            for _ in cuts {
                let read = try await connection.send(HTTPExchangeRequest(path: "/"))
                #expect(read.status == answer.status && String(decoding: read.body, as: UTF8.self) == answer.body)
            }
            #expect(connection.isOpen)
        }
    }

    @Test(arguments: answers) func answerThatEndsEarly_IsAnError(_ answer: Answer) async throws {
        let beginnings = Array(Damage.beginnings(of: Array(answer.text.utf8)))
        try await ScriptedServer.run { peer in
            _ = try await peer.request()
            try await peer.send(beginnings[peer.number])
        } body: { server async throws in
            for beginning in beginnings {
                let connection = try await Self.connect(server, TransportLimits())
                await #expect(throws: TransportError.self, "\(beginning.count)") {
                    try await connection.send(HTTPExchangeRequest(path: "/"))
                }
                #expect(!connection.isOpen)
            }
        }
    }

    /// Answers whose end another reader would see elsewhere, and numbers that are none.
    @Test(arguments: [
        "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", "Content-Length: -3\r\n\r\nabc",
        "Content-Length: +3\r\n\r\nabc", "Content-Length: 0x3\r\n\r\nabc", "Content-Length: 3, 4\r\n\r\nabcd",
        "Content-Length: 99999999999999999999\r\n\r\nabc",
        "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n-1\r\nabc\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\nabc\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n\r\nabc\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n", "X y: z\r\nContent-Length: 0\r\n\r\n",
        "X\r\nContent-Length: 0\r\n\r\n", "X: a\u{0}b\r\nContent-Length: 0\r\n\r\n",
    ]) func answerThatMayEndElsewhere_IsAnError(rest: String) async throws {
        try await ScriptedServer.run { peer in
            _ = try await peer.request()
            try await peer.send("HTTP/1.1 200 OK\r\n" + rest)
            try await peer.waitForEnd()
        } body: { server async throws in
            let connection = try await Self.connect(server, TransportLimits(exchange: .seconds(20)))
            await #expect(throws: TransportError.self) { try await connection.send(HTTPExchangeRequest(path: "/")) }
            #expect(!connection.isOpen)
        }
    }

    /// Without a length the end of the connection is the end of the body.
    @Test func bodyWithoutLength_EndsWithTheConnection() async throws {
        try await ScriptedServer.run { peer in
            _ = try await peer.request()
            try await peer.send("HTTP/1.1 200 OK\r\n\r\nall ")
            try await peer.send("of it")
        } body: { server async throws in
            let connection = try await Self.connect(server, TransportLimits())
            let answer = try await connection.send(HTTPExchangeRequest(path: "/"))
            #expect(String(decoding: answer.body, as: UTF8.self) == "all of it" && !connection.isOpen)
        }
    }

    /// The answer to HEAD tells a length and has no body.
    @Test func answerToHEAD_HasNoBody() async throws {
        try await ScriptedServer.run { peer in
            while let request = try await peer.request() {
                try await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n")
                if request.method == "GET" { try await peer.send("content") }
            }
        } body: { server async throws in
            let connection = try await Self.connect(server, TransportLimits())
            defer { connection.close() }
            for (method, count) in [("HEAD", 0), ("GET", 7), ("HEAD", 0)] {
                let answer = try await connection.send(HTTPExchangeRequest(method: method, path: "/"))
                #expect(answer.body.count == count && answer.header("content-length") == "7")
            }
        }
    }
}
