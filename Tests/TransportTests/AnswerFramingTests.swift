import DamagedInput
import HostilePeer
import Synchronization
import Testing

@testable import Transport

/// Where an answer ends (RFC 9112, 6 and 7), however its bytes come, and that none is taken for whole that is not.
@Suite(.timeLimit(.minutes(2))) struct AnswerFramingTests {
    private static func connect(_ server: ScriptedServer, _ limits: TransportLimits) async throws -> HTTPConnection {
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

    @Test(arguments: [
        ("HTTP/1.1", "X: y", true), ("HTTP/1.1", "Connection: close", false), ("HTTP/1.1", "Connection: Close", false),
        ("HTTP/1.0", "X: y", false), ("HTTP/1.1", "Connection: keep-alive", true),
    ])
    func connection_IsUsedAgainOnlyWhenThePeerKeepsIt(version: String, line: String, isKept: Bool) async throws {
        try await ScriptedServer.run { peer in
            while try await peer.request() != nil {
                try await peer.send("\(version) 200 OK\r\nContent-Length: 0\r\n\(line)\r\n\r\n")
            }
        } body: { server async throws in
            let connection = try await Self.connect(server, TransportLimits())
            defer { connection.close() }
            #expect(try await connection.send(HTTPExchangeRequest(path: "/")).status == 200)
            #expect(connection.isOpen == isKept)
            if isKept {
                #expect(try await connection.send(HTTPExchangeRequest(path: "/")).status == 200)
            } else {
                await #expect(throws: TransportError.self) { try await connection.send(HTTPExchangeRequest(path: "/")) }
            }
        }
    }

    @Test(arguments: [false, true]) func collectedBody_IsBoundedToTheByte(isChunked: Bool) async throws {
        let limit = 1000
        try await ScriptedServer.run { peer in
            while let request = try await peer.request() {
                let body = [UInt8](repeating: 7, count: Int(request.path.dropFirst()) ?? 0)
                guard isChunked else {
                    try await peer.answer(200, body)
                    continue
                }
                try await peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                for byte in [body.dropLast(), body.suffix(1)] {
                    try await peer.send(Array("\(String(byte.count, radix: 16))\r\n".utf8) + byte + Array("\r\n".utf8))
                }
                try await peer.send("0\r\n\r\n")
            }
        } body: { server async throws in
            let connection = try await Self.connect(server, TransportLimits(responseBody: limit))
            #expect(try await connection.send(HTTPExchangeRequest(path: "/\(limit)")).body.count == limit)
            let error = await #expect(throws: TransportError.self) {
                try await connection.send(HTTPExchangeRequest(path: "/\(limit + 1)"))
            }
            #expect(error?.description == "answer larger than 1000 bytes" && !connection.isOpen)
        }
    }

    @Test func headerLines_AreBounded() async throws {
        try await ScriptedServer.run { peer in
            while let request = try await peer.request() {
                let more = (Int(request.path.dropFirst()) ?? 1) - 1
                try await peer.answer(headers: (0..<more).map { "X-\($0): y" })
            }
        } body: { server async throws in
            let connection = try await Self.connect(server, TransportLimits(headerLines: 20))
            #expect(try await connection.send(HTTPExchangeRequest(path: "/20")).headers.count == 20)
            await #expect(throws: TransportError.self) { try await connection.send(HTTPExchangeRequest(path: "/21")) }
        }
    }

    /// Who is asked once answers once: what comes behind is not the answer to the next question.
    @Test func answerNobodyAskedFor_IsNotTakenForTheNext() async throws {
        try await ScriptedServer.run { peer in
            _ = try await peer.request()
            let first = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst"
            try await peer.send(first + "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged")
            try await peer.waitForEnd()
        } body: { server async throws in
            let connection = try await Self.connect(server, TransportLimits(exchange: .seconds(5)))
            defer { connection.close() }
            if let answer = try? await connection.send(HTTPExchangeRequest(path: "/")) {
                #expect(answer.body == Array("first".utf8))
            }
            await #expect(throws: TransportError.self) { try await connection.send(HTTPExchangeRequest(path: "/")) }
        }
    }

    /// A head that is refused ends the exchange before its body is taken.
    @Test func streamedAnswer_MayBeRefusedAtItsHead() async throws {
        struct Unwanted: Error {}
        let taken = Mutex(0)
        try await ScriptedServer.run { peer in
            _ = try await peer.request()
            try await peer.answer(206, headers: ["Content-Range: bytes 0-2/3"], [1, 2, 3])
            try await peer.waitForEnd()
        } body: { server async throws in
            let connection = try await Self.connect(server, TransportLimits())
            await #expect(throws: (any Error).self) {
                try await connection.stream(HTTPExchangeRequest(path: "/")) { head in
                    #expect(head.status == 206 && head.header("content-range") == "bytes 0-2/3" && head.body.isEmpty)
                    throw Unwanted()
                } onBody: { bytes in
                    taken.withLock { $0 += bytes.count }
                }
            }
            #expect(taken.withLock { $0 } == 0 && !connection.isOpen)
        }
    }
}
