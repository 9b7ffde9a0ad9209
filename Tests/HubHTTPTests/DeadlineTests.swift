import HTTPTypes
import Hummingbird
import NIOCore
import NIOEmbedded
import Testing

@testable import HubHTTP

/// Deadlines are for the whole, so that a byte now and then wins nobody time. The clock is the loop's, moved by the
/// test.
struct DeadlineTests {
    @Test func silentConnection_EndsAfterTenSeconds() throws {
        let rig = try HTTPRig()
        rig.advance(.seconds(9))
        #expect(rig.isOpen)
        rig.advance(.seconds(2))
        #expect(!rig.isOpen)
    }

    @Test func connectionThatSendsNothingButAnEmptyLine_Ends() throws {
        let rig = try HTTPRig()
        try rig.send("\r\n")
        rig.advance(.seconds(31))
        #expect(!rig.isOpen)
    }

    @Test func peerThatTakesNothingOfItsAnswer_IsCutOffAfterAMinute() throws {
        let rig = try HTTPRig()
        try rig.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        rig.takesAnswers = false
        rig.answer(rig.jobs[0])
        rig.advance(.seconds(59))
        #expect(rig.isOpen)
        rig.advance(.seconds(2))
        #expect(!rig.isOpen)
    }

    @Test func slowHead_EndsTenSecondsAfterItsFirstByte() throws {
        let rig = try HTTPRig()
        for byte in "GET / HTTP".utf8 {
            try rig.send([byte])
            rig.advance(.milliseconds(999))
        }
        #expect(rig.isOpen)
        #expect(try rig.output().isEmpty)
        try rig.send("/1.1\r\n")
        rig.advance(.seconds(1))
        #expect(try rig.output().contains("HTTP/1.1 408"))
        rig.advance(.seconds(6))
        #expect(!rig.isOpen)
    }

    @Test func slowShortBody_EndsAfterThirtySeconds() throws {
        let rig = try HTTPRig()
        try rig.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n")
        for _ in 0..<29 {
            try rig.send("x")
            rig.advance(.seconds(1))
        }
        #expect(try rig.output().isEmpty)
        rig.advance(.seconds(2))
        #expect(try rig.output().contains("HTTP/1.1 408"))
        #expect(rig.jobs.isEmpty)
    }

    @Test func slowLongBody_FailsWhenAMinuteBringsTooLittle() throws {
        let rig = try HTTPRig()
        try rig.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10000000\r\n\r\n")
        let pipe = try rig.body()
        try rig.send([UInt8](repeating: 1, count: 1000))
        #expect(try pipe.readNext().get()?.utf8.count == 1000)
        let missing = pipe.readNext()
        rig.advance(.seconds(59))
        #expect(try missing.get() == nil)
        rig.advance(.seconds(2))
        #expect(throws: ChannelError.self) { try missing.get() }
    }

    @Test func routeThatDoesNotRead_IsNotBlamedOnThePeer() throws {
        let rig = try HTTPRig()
        try rig.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10000000\r\n\r\n0123456789")
        rig.advance(.minutes(10))
        #expect(rig.isOpen)
        rig.answer(rig.jobs[0], status: .contentTooLarge)
        #expect(try rig.output().lowercased().contains("connection: close"))
    }

    @Test func idleConnection_EndsTwoMinutesAfterItsLastAnswer() throws {
        let rig = try HTTPRig()
        for _ in 0..<3 {
            try rig.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            rig.advance(.minutes(5))
            #expect(rig.isOpen)
            rig.answer(rig.jobs[rig.jobs.count - 1])
            rig.advance(.seconds(119))
            #expect(rig.isOpen)
        }
        rig.advance(.seconds(2))
        #expect(!rig.isOpen)
    }

    @Test func refusedPeerThatSendsOn_IsCutOffAfterFiveSeconds() throws {
        let rig = try HTTPRig()
        try rig.send("nonsense\r\n\r\n")
        #expect(try rig.output().contains("HTTP/1.1 400"))
        for _ in 0..<4 {
            try rig.send([UInt8](repeating: 1, count: 100_000))
            rig.advance(.seconds(1))
        }
        #expect(rig.heldBytes == 0)
        #expect(rig.isOutputClosed)
        #expect(rig.isOpen)
        rig.advance(.seconds(2))
        #expect(!rig.isOpen)
    }
}
