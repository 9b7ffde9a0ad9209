import HTTPTypes
import Hummingbird
import NIOCore
import Testing

@testable import HubHTTP

/// What is a request and what is none, before any route is asked (RFC 9112).
struct RequestFormTests {
    @Test(arguments: [
        "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -5\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\n a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : h\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\u{0}\r\n\r\n",
    ])
    func malformedRequest_Is400AndTheEnd(text: String) throws {
        let rig = try HTTPRig()
        try rig.send(text)
        #expect(rig.jobs.isEmpty)
        #expect(try rig.output().hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
        // Nothing behind it is taken for a request.
        try rig.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(rig.jobs.isEmpty)
    }

    @Test func oldRequest_NeedsNoHostAndEndsTheConnection() throws {
        let rig = try HTTPRig()
        try rig.send("GET / HTTP/1.0\r\n\r\n")
        rig.answer(rig.jobs[0])
        #expect(!rig.isOpen)
    }

    @Test func oldRequestThatAsksForIt_KeepsTheConnection() throws {
        let rig = try HTTPRig()
        try rig.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        rig.answer(rig.jobs[0])
        #expect(rig.isOpen)
        #expect(try rig.output().lowercased().contains("connection: keep-alive"))
    }

    @Test func wrongChunk_FailsTheBodyAndEndsTheConnection() throws {
        let rig = try HTTPRig()
        try rig.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n")
        let pipe = try rig.body()
        #expect(try pipe.readNext().get() == "hello")
        #expect(throws: (any Error).self) { try pipe.readNext().get() }
        rig.answer(rig.jobs[0], status: .badRequest)
        #expect(try rig.output().contains("HTTP/1.1 400"))
        try rig.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(rig.jobs.count == 1)
    }

    @Test func shortBodyThatIsAnnounced_IsAskedForAtOnce() throws {
        let rig = try HTTPRig()
        try rig.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        #expect(try rig.output() == "HTTP/1.1 100 Continue\r\n\r\n")
        try rig.send("hello")
        #expect(rig.jobs.count == 1)
    }

    @Test func longBodyThatIsAnnounced_IsNotAskedForWhenTheRouteRefuses() throws {
        let rig = try HTTPRig()
        try rig.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 500000\r\nExpect: 100-continue\r\n\r\n")
        rig.answer(rig.jobs[0], status: .unauthorized)
        #expect(try rig.output().hasPrefix("HTTP/1.1 401"))
    }

    @Test func requestsBeforeTheEndOfTheInput_AreAllAnswered() throws {
        let rig = try HTTPRig()
        try rig.send(String(repeating: "GET / HTTP/1.1\r\nHost: h\r\n\r\n", count: 3))
        rig.endInput()
        for index in 0..<3 {
            #expect(rig.isOpen)
            rig.answer(rig.jobs[index])
        }
        #expect(!rig.isOpen)
    }

    @Test func everyCutOfAHead_EndsAtTheSamePlace() {
        let head = Array("\r\n\nGET / HTTP/1.1\r\nHost: h\r\n\r\n".utf8)
        for cut in 0...head.count {
            var scanner = HeadScanner()
            let first = scanner.end(in: Array(head[..<cut]).span)
            let second = scanner.end(in: Array(head[cut...] + Array("GET".utf8)).span)
            #expect(first == (cut == head.count ? head.count : nil))
            #expect(second.map { $0 + cut } == (cut == head.count ? nil : head.count))
        }
    }
}
