import Glibc
import HostilePeer
import PKI
import Synchronization
import Testing

@testable import Transport

/// Exchanges with a scripted server, over TLS and over a Unix socket.
@Suite(.timeLimit(.minutes(2))) struct HTTPConnectionTests {
    static let now = Int64(time(nil))

    static func tls(_ trust: TransportTLS.Trust = .anything) -> TransportTLS {
        TransportTLS(trust: trust, now: { now })
    }

    /// Runs a script behind TLS and a body with a connection to it.
    @discardableResult
    func exchange<Value: Sendable>(
        limits: TransportLimits = TransportLimits(), script: @escaping ScriptedServer.Script,
        body: @escaping @Sendable (HTTPConnection) async throws -> Value
    ) async throws -> Value {
        let identity = try TestAuthority(now: Self.now).server()
        return try await ScriptedServer.run(tls: .init { _ in identity }, script: script) { server async throws in
            let connection = try await HTTPConnection.connect(
                .tls(host: "127.0.0.1", port: server.port), tls: Self.tls(), limits: limits)
            defer { connection.close() }
            return try await body(connection)
        }
    }

    @Test func exchanges_FollowEachOtherOnOneConnection() async throws {
        try await exchange { peer in
            while let request = try await peer.request() {
                try await peer.answer(
                    headers: ["X-Connection: \(peer.number)"], Array(request.path.utf8) + request.body)
            }
        } body: { connection async throws in
            for number in 0..<20 {
                let response = try await connection.send(
                    HTTPExchangeRequest(method: "POST", path: "/\(number)", body: .bytes(Array("-\(number)".utf8))))
                #expect(response.status == 200)
                #expect(String(decoding: response.body, as: UTF8.self) == "/\(number)-\(number)")
                #expect(response.header("x-connection") == "0")
                #expect(response.peerCertificates.first?.subject.commonName == "hub.test")
            }
            #expect(connection.localAddress == "127.0.0.1")
        }
    }

    @Test func concurrentSends_WaitForEachOther() async throws {
        try await exchange { peer in
            while let request = try await peer.request() { try await peer.answer(200, Array(request.path.utf8)) }
        } body: { connection async throws in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<20 {
                    group.addTask {
                        let response = try await connection.send(HTTPExchangeRequest(path: "/\(number)"))
                        #expect(String(decoding: response.body, as: UTF8.self) == "/\(number)")
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func chunkedAnswer_IsCollected() async throws {
        try await exchange { peer in
            _ = try await peer.request()
            try await peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
            try await peer.waitForEnd()
        } body: { connection async throws in
            #expect(try await connection.send(HTTPExchangeRequest(path: "/")).body == Array("abcde".utf8))
        }
    }

    @Test func redirect_IsNotFollowed() async throws {
        try await exchange { peer in
            while try await peer.request() != nil {
                try await peer.answer(302, headers: ["Location: https://127.0.0.2/"])
            }
        } body: { connection async throws in
            #expect(try await connection.send(HTTPExchangeRequest(path: "/")).status == 302)
        }
    }

    @Test func endlessAnswer_IsCutAtTheLimit() async throws {
        try await exchange(limits: TransportLimits(responseBody: 100_000)) { peer in
            _ = try await peer.request()
            try await peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            let chunk = "1000\r\n" + String(repeating: "x", count: 4096) + "\r\n"
            while true { try await peer.send(chunk) }
        } body: { connection async throws in
            await #expect(throws: TransportError.self) { try await connection.send(HTTPExchangeRequest(path: "/")) }
            #expect(!connection.isOpen)
        }
    }

    @Test func slowAnswer_EndsAtTheTimeLimit() async throws {
        try await exchange(limits: TransportLimits(exchange: .milliseconds(300))) { peer in
            _ = try await peer.request()
            try await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            while true {
                try await peer.send("x")
                try await Task.sleep(for: .milliseconds(50))
            }
        } body: { connection async throws in
            let error = await #expect(throws: TransportError.self) {
                try await connection.send(HTTPExchangeRequest(path: "/"))
            }
            guard case .timedOut(.exchange) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test func silentPeer_EndsTheHandshakeAtTheTimeLimit() async throws {
        try await ScriptedServer.run(script: { try await $0.waitForEnd() }) { server async throws in
            let error = await #expect(throws: TransportError.self) {
                try await HTTPConnection.connect(
                    .tls(host: "127.0.0.1", port: server.port), tls: Self.tls(),
                    limits: TransportLimits(connect: .seconds(2)))
            }
            guard case .timedOut(.handshake) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", "nonsense\r\n\r\n", "",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\n" + String(repeating: "X-A: b\r\n", count: 5000) + "\r\n",
        "HTTP/1.1 200 OK\r\nX-A: " + String(repeating: "b", count: 100_000) + "\r\n\r\n",
    ]) func brokenAnswer_IsAnErrorAndNeverAValue(_ text: String) async throws {
        try await exchange(limits: TransportLimits(exchange: .seconds(5))) { peer in
            _ = try await peer.request()
            try await peer.send(text)
        } body: { connection async throws in
            await #expect(throws: TransportError.self) { try await connection.send(HTTPExchangeRequest(path: "/")) }
            await #expect(throws: TransportError.self) { try await connection.send(HTTPExchangeRequest(path: "/")) }
        }
    }

    @Test func cancellation_EndsAnExchange() async throws {
        try await exchange { peer in
            _ = try await peer.request()
            try await peer.waitForEnd()
        } body: { connection async throws in
            let waiting = Task { try await connection.send(HTTPExchangeRequest(path: "/")) }
            try await Task.sleep(for: .milliseconds(50))
            waiting.cancel()
            await #expect(throws: (any Error).self) { try await waiting.value }
        }
    }

    /// 192.0.2.0/24 is for documentation: nobody answers there, or the network says so at once.
    @Test func cancellation_EndsAConnectionAttempt() async throws {
        let connecting = Task {
            try await HTTPConnection.connect(
                .tls(host: "192.0.2.1", port: 9), tls: Self.tls(), limits: TransportLimits(connect: .seconds(3600)))
        }
        try await Task.sleep(for: .milliseconds(50))
        connecting.cancel()
        await #expect(throws: (any Error).self) { try await connecting.value }
    }

    @Test func nobodyListening_IsSaid() async throws {
        let port = try await ScriptedServer.run(script: { _ in }, body: { $0.port })
        let error = await #expect(throws: TransportError.self) {
            try await HTTPConnection.connect(.tls(host: "127.0.0.1", port: port), tls: Self.tls())
        }
        guard case .cannotConnect = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func streamedUpload_ArrivesWholeWithProgress() async throws {
        let chunk = [UInt8](repeating: 7, count: 10_000)
        let progress = Mutex(0)
        try await exchange { peer in
            while let request = try await peer.request() {
                try await peer.answer(200, Array("\(request.body.count)".utf8))
            }
        } body: { connection async throws in
            for length in [nil, 1_000_000] as [Int?] {
                let body = HTTPExchangeRequest.Body.stream(length: length) { writer in
                    for _ in 0..<100 { try await writer.write(chunk) }
                }
                let request = HTTPExchangeRequest(method: "POST", path: "/", body: body) { count in
                    progress.withLock { $0 = count }
                }
                #expect(try await connection.send(request).body == Array("1000000".utf8))
                #expect(progress.withLock { $0 } == 1_000_000)
            }
        }
    }

    @Test func earlyRefusalOfAnUpload_IsSeen() async throws {
        try await exchange { peer in
            _ = try await peer.head()
            try await peer.answer(413, headers: ["Connection: close"])
            try await peer.waitForEnd()
        } body: { connection async throws in
            let body = HTTPExchangeRequest.Body.stream(length: nil) { writer in
                while true { try await writer.write([UInt8](repeating: 1, count: 65536)) }
            }
            #expect(try await connection.send(HTTPExchangeRequest(method: "POST", path: "/", body: body)).status == 413)
        }
    }

    @Test(arguments: [99, 101]) func uploadOfAnotherLengthThanAnnounced_IsAnError(_ length: Int) async throws {
        try await exchange { peer in
            while try await peer.request() != nil { try await peer.answer() }
        } body: { connection async throws in
            let body = HTTPExchangeRequest.Body.stream(length: length) {
                try await $0.write([UInt8](repeating: 1, count: 100))
            }
            let error = await #expect(throws: TransportError.self) {
                try await connection.send(HTTPExchangeRequest(method: "POST", path: "/", body: body))
            }
            guard case .invalidRequest = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test func streamedAnswer_ArrivesInPieces() async throws {
        let total = Mutex(0)
        try await exchange { peer in
            _ = try await peer.request()
            try await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n")
            for _ in 0..<20 { try await peer.send([UInt8](repeating: 3, count: 100_000)) }
            try await peer.waitForEnd()
        } body: { connection async throws in
            let response = try await connection.stream(HTTPExchangeRequest(path: "/")) { chunk in
                total.withLock { $0 += chunk.count }
            }
            #expect(response.status == 200)
            #expect(total.withLock { $0 } == 2_000_000)
        }
    }

    @Test(
        arguments: [
            ("GET", "x", []), ("GET", "/a b", []), ("GET", "/\r\nX: y", []), ("G T", "/", []),
            ("GET", "/", [("X", "a\r\nb")]),
            ("GET", "/", [("", "a")]),
        ] as [(String, String, [(String, String)])])
    func requestThatCouldBeReadAsTwo_IsNotSent(_ method: String, _ path: String, _ headers: [(String, String)])
        async throws
    {
        try await exchange { peer in
            while try await peer.request() != nil { try await peer.answer() }
        } body: { connection async throws in
            await #expect(throws: TransportError.self) {
                try await connection.send(HTTPExchangeRequest(method: method, path: path, headers: headers))
            }
        }
    }

    @Test func unixSocket_CarriesExchangesWithoutTLS() async throws {
        let path = "/tmp/transport-\(getpid())-\(UInt32.random(in: 0...UInt32.max)).sock"
        defer { unsafe unlink(path) }
        try await ScriptedServer.run(unixSocket: path) { peer in
            while let request = try await peer.request() {
                try await peer.answer(200, Array((request.headers["host"] ?? "").utf8))
            }
        } body: { _ async throws in
            let connection = try await HTTPConnection.connect(.unixSocket(path: path), tls: nil)
            #expect(try await connection.send(HTTPExchangeRequest(path: "/")).body == Array("localhost".utf8))
            #expect(connection.peerCertificates.isEmpty)
        }
    }
}
