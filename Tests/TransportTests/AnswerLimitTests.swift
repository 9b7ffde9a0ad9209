import HostilePeer
import Synchronization
import Testing

@testable import Transport

/// How much of an answer is taken, and what a connection is good for behind it.
@Suite(.timeLimit(.minutes(2))) struct AnswerLimitTests {
    private static func connect(_ server: ScriptedServer, _ limits: TransportLimits) async throws -> HTTPConnection {
        try await AnswerFramingTests.connect(server, limits)
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
