internal import NIOCore
import PKI
import Testing

@testable import Transport

/// What becomes of errors from below, and how names and addresses are told apart.
@Suite struct TransportErrorTests {
    private struct Strange: Error {}

    @Test func errors_AreTranslatedByWhatTheyMean() {
        let translations: [(error: any Error, text: String)] = [
            (ChannelError.connectTimeout(.seconds(1)), "timed out (connect)"),
            (ChannelError.ioOnClosedChannel, "connection closed"), (ChannelError.eof, "connection closed"),
            (IOError(errnoCode: 111, reason: "connect"), "cannot connect: Connection refused"),
            (TransportError.timedOut(.idle), "timed out (idle)"),
            (TransportError.responseTooLarge(limit: 5), "answer larger than 5 bytes"),
        ]
        for (error, text) in translations {
            #expect((TransportError.translating(error) as? TransportError)?.description == text)
        }
        #expect(TransportError.translating(CancellationError()) is CancellationError)
        guard case .notHTTP = TransportError.translating(Strange()) as? TransportError else {
            Issue.record("an unknown error")
            return
        }
    }

    @Test func errors_AreOneLine() {
        for (error, text) in [
            (TransportError.cannotConnect(reason: "x"), "cannot connect: x"),
            (.timedOut(.handshake), "timed out (handshake)"),
            (.timedOut(.exchange), "timed out (exchange)"), (.closed, "connection closed"),
            (.untrusted(reason: "x", peer: []), "the peer's certificate is not trusted: x"),
            (.tls(reason: "x"), "TLS failed: x"),
            (.notHTTP(reason: "x"), "not HTTP: x"), (.invalidRequest(reason: "x"), "request cannot be sent: x"),
        ] {
            #expect(error.description == text)
        }
    }

    /// What is an address is not sent as a server name (RFC 6066, 3).
    @Test(arguments: [
        ("10.0.0.1", true), ("::1", true), ("fe80::1%eth0", true), ("hub", false), ("hub.local", false),
        ("10.0.0", false),
        ("10.0.0.256", false), ("", false), ("1.2.3.4.example", false),
    ])
    func address_IsToldFromAName(text: String, isAddress: Bool) {
        #expect(text.isAddress == isAddress)
    }

    @Test func program_IsServedUntilBothHaveSaidAll() async throws {
        let (ports, tell) = AsyncStream.makeStream(of: Int.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await LocalListener.run(host: "127.0.0.1", port: 0) {
                    tell.yield($0)
                } serve: { connection in
                    var head: [UInt8] = []
                    try? await connection.receive { part in
                        head += part
                        guard head.firstRange(of: Array("\r\n\r\n".utf8)) != nil else { return }
                        let body = Array(head.prefix { $0 != 0x0D })
                        try await connection.write(
                            Array("HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\n\r\n".utf8))
                        try await connection.write(body)
                        head = []
                    }
                }
            }
            var iterator = ports.makeAsyncIterator()
            let port = try #require(await iterator.next())
            #expect(port > 0)
            // Several at once, each answered on its own connection.
            for number in 0..<3 {
                let connection = try await HTTPConnection.connect(.plain(host: "127.0.0.1", port: port), tls: nil)
                for path in ["/a\(number)", "/b\(number)"] {
                    let answer = try await connection.send(HTTPExchangeRequest(path: path))
                    #expect(String(decoding: answer.body, as: UTF8.self) == "GET \(path) HTTP/1.1")
                }
                connection.close()
            }
            let taken = await #expect(throws: TransportError.self) {
                try await LocalListener.run(host: "127.0.0.1", port: port) { _ in
                } serve: { _ in
                }
            }
            #expect(taken?.description == "cannot connect: Address already in use")
            group.cancelAll()
            while await group.nextResult() != nil {}
        }
    }
}
