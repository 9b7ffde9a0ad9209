import Foundation
import NIOCore
import Synchronization
import TunnelServer

/// The time of one server, which passes when a test says so: no deadline of the server depends on how busy the machine
/// is.
final class TestTime: Sendable {
    private let start = Int64(Date.now.timeIntervalSince1970)
    private let passed = Mutex(Duration.zero)
    private let timers = Mutex<NIOLoopBound<Timers>?>(nil)

    /// Present time, Unix seconds.
    var now: Int64 { start + passed.withLock(\.components.seconds) }

    /// Where the server's time comes from.
    func timers(of loop: any EventLoop) -> any TunnelTimers {
        let made = Timers(loop: loop, time: self)
        timers.withLock { $0 = NIOLoopBound(made, eventLoop: loop) }
        return made
    }

    /// Lets time pass; done when everything is done that was due in it.
    func advance(_ time: Duration) async throws {
        guard let timers = timers.withLock({ $0 }) else { return }
        try await timers.eventLoop.submit { timers.value.advance(time) }.get()
    }

    /// From now on time passes by itself, fifty times as fast as elsewhere: what a test has finished with ends.
    fileprivate func letGo() async throws {
        guard let timers = timers.withLock({ $0 }) else { return }
        try await timers.eventLoop.submit { timers.value.letGo() }.get()
    }

    /// Runs `body` with a time of its own.
    static func run(
        gate: any TunnelGate = MockGate(), change: (inout TunnelSettings) -> Void = { _ in },
        body: @escaping @Sendable (TestServer, TestTime) async throws -> Void
    ) async throws {
        let time = TestTime()
        try await TestServer.run(gate: gate, change: change, now: { time.now }, timers: { time.timers(of: $0) }) {
            server in
            let result: Result<Void, any Error>
            do { result = .success(try await body(server, time)) } catch { result = .failure(error) }
            try await time.letGo()
            try result.get()
        }
    }

    /// Timers that are due when the test says so. Lives on the server's event loop.
    private final class Timers: TunnelTimers {
        private final class Timer {
            let due: Duration
            var action: (() -> Void)?

            init(due: Duration, action: @escaping () -> Void) {
                self.due = due
                self.action = action
            }

            func fire() {
                let action = self.action
                self.action = nil
                action?()
            }
        }

        private let loop: any EventLoop
        private let time: TestTime
        private var waiting: [Timer] = []
        private var isFree = false

        init(loop: any EventLoop, time: TestTime) {
            self.loop = loop
            self.time = time
        }

        var now: Duration { time.passed.withLock { $0 } }

        func start(_ time: Duration, _ action: @escaping () -> Void) -> () -> Void {
            let timer = Timer(due: now + time, action: action)
            if isFree { schedule(timer) } else { waiting.append(timer) }
            return { timer.action = nil }
        }

        func advance(_ time: Duration) {
            let end = now + time
            while let next = waiting.filter({ $0.action != nil && $0.due <= end }).min(by: { $0.due < $1.due }) {
                self.time.passed.withLock { $0 = max($0, next.due) }
                next.fire()
            }
            self.time.passed.withLock { $0 = end }
            waiting.removeAll { $0.action == nil }
        }

        func letGo() {
            isFree = true
            for timer in waiting { schedule(timer) }
            waiting = []
        }

        private func schedule(_ timer: Timer) {
            loop.assumeIsolated().scheduleTask(in: TimeAmount(max(.zero, timer.due - now) / 50)) { timer.fire() }
        }
    }
}
