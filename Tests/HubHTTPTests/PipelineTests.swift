import HTTPTypes
import Hummingbird
import NIOCore
import NIOEmbedded
import Testing

@testable import HubHTTP

/// What one peer may have decoded, held and read before it takes its answers.
struct PipelineTests {
    private static func get(_ path: String) -> String { "GET \(path) HTTP/1.1\r\nHost: h\r\n\r\n" }

    @Test func pipelinedRequests_AreDecodedOneAtATimeAndAnsweredInOrder() throws {
        let rig = try HTTPRig()
        try rig.send((0..<100).map { Self.get("/\($0)") }.joined())
        for index in 0..<100 {
            #expect(rig.jobs.count == index + 1)
            rig.answer(rig.jobs[index])
        }
        #expect(rig.jobs.map(\.request.uri.path) == (0..<100).map { "/\($0)" })
        #expect(try rig.output().components("HTTP/1.1 200").count == 101)
        #expect(rig.isOpen)
    }

    @Test func unansweredRequest_StopsReadingUntilItIsAnswered() throws {
        let rig = try HTTPRig()
        try rig.send(Self.get("/one"))
        let reads = rig.reads
        for _ in 0..<10 { rig.channel.pipeline.read() }
        #expect(rig.reads == reads)
        rig.answer(rig.jobs[0])
        #expect(rig.reads == reads + 1)
    }

    @Test func moreThan64KiBAhead_EndTheConnection() throws {
        let rig = try HTTPRig()
        let request = Self.get("/")
        try rig.send(request)
        var sent = 0
        while rig.isOpen, sent < 1 << 20 {
            try rig.send(request)
            sent += request.utf8.count
        }
        #expect(!rig.isOpen)
        #expect(sent <= 64 * 1024 + request.utf8.count)
        #expect(rig.jobs.count == 1)
    }

    @Test func moreThan16RequestsBehindAChunkedBody_EndTheConnection() throws {
        let head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        let few = try HTTPRig()
        try few.send(head + "0\r\n\r\n" + (0..<16).map { Self.get("/\($0)") }.joined())
        for index in 0..<17 { few.answer(few.jobs[index]) }
        #expect(few.jobs.count == 17)
        let many = try HTTPRig()
        try many.send(head + "0\r\n\r\n" + String(repeating: Self.get("/"), count: 100))
        #expect(!many.isOpen)
        #expect(many.jobs.count == 1)
    }

    @Test func shortBody_ReachesItsRouteWhole() async throws {
        let rig = try HTTPRig()
        try rig.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n01234")
        #expect(rig.jobs.isEmpty)
        try rig.send("56789" + Self.get("/next"))
        #expect(rig.jobs.count == 1)
        rig.answer(rig.jobs[0])
        #expect(rig.jobs.count == 2)
        #expect(try await rig.jobs[0].content() == "0123456789")
    }

    @Test func longBody_IsHeldUpWhileItsRouteDoesNotRead() throws {
        let rig = try HTTPRig()
        try rig.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10000000\r\n\r\n")
        #expect(rig.jobs.count == 1)
        for _ in 0..<8 { try rig.send([UInt8](repeating: 1, count: 8192)) }
        let reads = rig.reads
        rig.channel.pipeline.read()
        #expect(rig.reads == reads)
        #expect(rig.isOpen)
    }

    @Test func bodyThatWasHeldUp_LeavesTheNextRequestItsTurn() throws {
        let rig = try HTTPRig()
        try rig.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 70000\r\n\r\n")
        let body = try rig.body()
        try rig.send([UInt8](repeating: 1, count: 66_000))
        try rig.send([UInt8](repeating: 1, count: 4000))
        #expect(try body.readNext().get()?.utf8.count == 66_000)
        rig.channel.embeddedEventLoop.run()
        #expect(try body.readNext().get()?.utf8.count == 4000)
        rig.answer(rig.jobs[0])
        try rig.send(Self.get("/next"))
        #expect(rig.jobs.count == 2)
    }

    @Test func bodyBehindAChunkedOne_IsReadOn() throws {
        let rig = try HTTPRig()
        try rig.send(
            "POST /1 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
                + "POST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\n0123")
        rig.answer(rig.jobs[0])
        let reads = rig.reads
        rig.channel.pipeline.read()
        #expect(rig.reads > reads)
        try rig.send("4567")
        #expect(rig.jobs.map(\.request.uri.path) == ["/1", "/2"])
    }

    @Test func peerThatTakesNoAnswers_GetsNoFurtherOnes() throws {
        let rig = try HTTPRig()
        try rig.send(String(repeating: Self.get("/"), count: 50))
        rig.takesAnswers = false
        rig.answer(rig.jobs[0])
        #expect(rig.jobs.count == 1)
        rig.takesAnswers = true
        #expect(rig.jobs.count == 2)
    }

    @Test func lastAnswer_IsTakenBeforeTheConnectionEnds() throws {
        let rig = try HTTPRig()
        try rig.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        rig.takesAnswers = false
        rig.answer(rig.jobs[0], String(repeating: "x", count: 100_000))
        rig.advance(.seconds(30))
        #expect(rig.isOpen)
        rig.takesAnswers = true
        #expect(!rig.isOpen)
        #expect(try rig.output().hasSuffix("xxx"))
    }

    @Test func chunkedRequestsThatCameTogether_AreAllRead() throws {
        let head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        let rig = try HTTPRig()
        try rig.send(head + "3\r\none\r\n0\r\n\r\n" + head + "3\r\ntwo\r\n0\r\n\r\n")
        #expect(try rig.body().readNext().get() == "one")
        rig.answer(rig.jobs[0])
        #expect(rig.jobs.count == 2)
        #expect(try rig.body().readNext().get() == "two")
        rig.answer(rig.jobs[1])
        try rig.send(Self.get("/next"))
        #expect(rig.jobs.count == 3)
    }

    @Test func waitingBody_IsTakenInOnePieceAndMoreIsAskedFor() async throws {
        let asked = Counter()
        let pipe = BodyPipe { asked.increment() }
        pipe.push(ByteBuffer(string: "one"))
        pipe.push(ByteBuffer(string: "two"))
        #expect(pipe.waitingBytes == 6)
        var iterator = pipe.makeAsyncIterator()
        #expect(try await iterator.next() == ByteBuffer(string: "onetwo"))
        #expect(asked.count == 1)
        pipe.push(ByteBuffer(string: "three"))
        pipe.fail(ChannelError.inputClosed)
        #expect(try await iterator.next() == ByteBuffer(string: "three"))
        await #expect(throws: ChannelError.self) { try await iterator.next() }
    }

    @Test func everyCutOfAPipeline_GivesTheSameRequests() async throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let bodies = (0..<Int.random(in: 1...8, using: &random)).map { _ in
                String(repeating: "\r\n\r\n", count: Int.random(in: 0...20, using: &random))
            }
            var bytes: [UInt8] = []
            for (index, body) in bodies.enumerated() {
                let empty = String(repeating: "\r\n", count: Int.random(in: 0...2, using: &random))
                bytes += Array(
                    "\(empty)POST /\(index) HTTP/1.1\r\nHost: h\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
                        .utf8)
            }
            let jobs = try Self.cut(&bytes, &random, expecting: bodies.count)
            var read: [String] = []
            for job in jobs { read.append(try await job.content()) }
            #expect(read == bodies)
            #expect(jobs.map(\.request.uri.path) == bodies.indices.map { "/\($0)" })
        }
    }

    /// Sends the bytes in random pieces, and answers what is there now and then.
    private static func cut(
        _ bytes: inout [UInt8], _ random: inout SystemRandomNumberGenerator, expecting count: Int
    ) throws -> [RequestJob] {
        let rig = try HTTPRig()
        while !bytes.isEmpty {
            let piece = min(bytes.count, Int.random(in: 1...60, using: &random))
            try rig.send(Array(bytes.prefix(piece)))
            bytes.removeFirst(piece)
            if Bool.random(using: &random), let last = rig.jobs.last { rig.answer(last) }
        }
        for _ in 0..<count { if let last = rig.jobs.last { rig.answer(last) } }
        return rig.jobs
    }
}
