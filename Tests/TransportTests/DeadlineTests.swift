internal import NIOCore
internal import NIOEmbedded
internal import NIOTLS
import Testing

@testable import Transport

/// Time limits and the end of a handshake on an event loop whose time the test moves.
@Suite struct DeadlineTests {
    @Test func limitThatPasses_ClosesTheChannelAndIsRemembered() throws {
        let channel = EmbeddedChannel()
        try channel.connect(to: SocketAddress(unixDomainSocketPath: "/x")).wait()
        let deadline = Deadline(channel)
        deadline.arm(.idle, .seconds(10))
        channel.embeddedEventLoop.advanceTime(by: .seconds(9))
        #expect(deadline.passed == nil && channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(deadline.passed == .idle && !channel.isActive)
    }

    @Test func limitThatIsSetAnew_BeginsAnew() throws {
        let channel = EmbeddedChannel()
        try channel.connect(to: SocketAddress(unixDomainSocketPath: "/x")).wait()
        let deadline = Deadline(channel)
        deadline.arm(.exchange, .seconds(10))
        for _ in 0..<5 {
            channel.embeddedEventLoop.advanceTime(by: .seconds(9))
            deadline.arm(.idle, .seconds(10))
        }
        #expect(deadline.passed == nil && channel.isActive)
        deadline.disarm()
        channel.embeddedEventLoop.advanceTime(by: .hours(1))
        #expect(deadline.passed == nil && channel.isActive)
        _ = try channel.finish()
    }

    @Test func limitThatNobodyHolds_EndsNothing() throws {
        let channel = EmbeddedChannel()
        try channel.connect(to: SocketAddress(unixDomainSocketPath: "/x")).wait()
        do {
            let deadline = Deadline(channel)
            deadline.arm(.connect, .seconds(1))
        }
        channel.embeddedEventLoop.advanceTime(by: .seconds(2))
        #expect(channel.isActive)
        _ = try channel.finish()
    }

    private static func outcome(_ end: (EmbeddedChannel) throws -> Void) throws -> Result<Void, any Error>? {
        let channel = EmbeddedChannel()
        let promise = channel.embeddedEventLoop.makePromise(of: Void.self)
        var outcome: Result<Void, any Error>?
        promise.futureResult.assumeIsolated().whenComplete { outcome = $0 }
        try channel.pipeline.syncOperations.addHandler(HandshakeWaiter(promise))
        try channel.connect(to: SocketAddress(unixDomainSocketPath: "/x")).wait()
        #expect(outcome == nil)
        try end(channel)
        channel.embeddedEventLoop.run()
        return outcome
    }

    @Test func handshake_EndsWellOrBadlyButAlways() throws {
        struct Fault: Error {}
        let completed = try Self.outcome {
            $0.pipeline.fireUserInboundEventTriggered(TLSUserEvent.handshakeCompleted(negotiatedProtocol: nil))
        }
        #expect(throws: Never.self) { try completed?.get() }
        #expect(completed != nil)
        let faulty = try Self.outcome { $0.pipeline.fireErrorCaught(Fault()) }
        #expect(throws: Fault.self) { try faulty?.get() }
        let closed = try Self.outcome { try $0.close().wait() }
        let error = #expect(throws: TransportError.self) { try closed?.get() }
        #expect(error?.description == "connection closed")
        // Another event is not the end.
        #expect(try Self.outcome { $0.pipeline.fireUserInboundEventTriggered("other") } == nil)
    }
}
