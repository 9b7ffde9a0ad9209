import Glibc
import Synchronization
import Testing

@testable import Discovery

/// Waking and ending a loop of Avahi from other threads, and what a publisher tells its readers.
@Suite(.timeLimit(.minutes(1))) struct LoopControlTests {
    @Test func wake_EndsAWaitOnce() throws {
        let control = try LoopControl()
        for _ in 0..<3 { control.wake() }
        // Would last an hour.
        control.wait(atMost: .seconds(3600))
        // However often it was woken: one waiting was ended, the next lasts its time.
        control.wait(atMost: .zero)
        var count: UInt64 = 0
        LoopControl.drain(control.descriptor)
        control.wake()
        #expect(
            unsafe withUnsafeMutableBytes(of: &count) { unsafe read(control.descriptor, $0.baseAddress, $0.count) } == 8
        )
        #expect(count == 1)
    }

    @Test func stop_WakesAndIsRemembered() throws {
        let control = try LoopControl()
        #expect(!control.isStopped)
        control.stop()
        control.wait(atMost: .seconds(3600))
        #expect(control.isStopped)
    }

    @Test func otherThread_IsWokenWhileItWaits() async throws {
        let control = try LoopControl()
        let (ended, end) = AsyncStream.makeStream(of: Never.self)
        try AvahiThread.start {
            while !control.isStopped { control.wait(atMost: .seconds(3600)) }
            end.finish()
        }
        control.wake()
        control.stop()
        for await _ in ended {}
        #expect(control.isStopped)
    }

    @Test(arguments: [Duration.zero, .seconds(-1), .nanoseconds(-1)]) func timeThatIsOver_IsNotWaitedFor(time: Duration)
        throws
    {
        try LoopControl().wait(atMost: time)
    }

    private static let service = ServiceDescription(name: "idprov", type: "_idprov._tcp", port: 43776)

    /// News once, to readers and to the log; the steps between are not worth a line.
    @Test func publisher_TellsNewsOnce() async {
        let lines = Mutex<[String]>([])
        let publisher = ServicePublisher(Self.service) { message, metadata in
            lines.withLock { $0.append("\(message) \(metadata.values.joined())") }
        }
        var reader = publisher.changes.makeAsyncIterator()
        publisher.show(.waiting(reason: "probing"))
        publisher.show(.waiting(reason: "probing"))
        publisher.show(.established(name: "idprov #2"))
        publisher.show(.established(name: "idprov #2"))
        publisher.show(.waiting(reason: "no daemon"), isTrouble: true)
        var heard: [String] = []
        while heard.count < 4, let state = await reader.next() { heard.append("\(state)") }
        #expect(heard == ["waiting not started", "waiting probing", "established idprov #2", "waiting no daemon"])
        #expect(
            lines.withLock { $0 } == [
                "service published idprov #2", "service not visible on the network no daemon",
            ])
        #expect(publisher.state == .waiting(reason: "no daemon"))
    }

    @Test func readerThatLags_LosesTheOldest() async {
        let publisher = ServicePublisher(Self.service)
        let changes = publisher.changes
        for number in 0..<100 { publisher.show(.established(name: "\(number)")) }
        var reader = changes.makeAsyncIterator()
        var heard: [PublicationState] = []
        while heard.count < 16, let state = await reader.next() { heard.append(state) }
        #expect(heard == (84..<100).map { .established(name: "\($0)") })
    }

    @Test func wish_IsTheLastOneGiven() {
        let publisher = ServicePublisher(Self.service)
        #expect(publisher.wished == Self.service)
        let other = ServiceDescription(name: "gateway", type: "_idprov._tcp", port: 1, txt: ["a=b"])
        publisher.update(other)
        #expect(publisher.wished == other)
    }

    @Test func errors_SayWhatFailed() {
        for (error, text, reason) in [
            (DiscoveryError.unavailable(reason: "x"), "Avahi is not reachable: x", "x"),
            (.refused(reason: "x"), "Avahi refuses: x", "x"),
            (.system(operation: "eventfd", code: 24), "eventfd failed with errno 24", "eventfd failed with errno 24"),
        ] {
            #expect(error.description == text && error.reason == reason)
        }
    }
}
