import Dispatch
import PKI
import SecretsTestSupport
import Synchronization
import Testing
import Wire
@testable import Devices

/// Derivations that wait for each other.
@Suite(.timeLimit(.minutes(1))) struct DerivationQueueTests {
    /// A queue whose derivations end when they are told.
    private final class Line: Sendable {
        let queue: DerivationQueue
        /// Seconds whose derivation has begun, and those that were sent away.
        let begun = Mutex<[Int64]>([])
        let refused = Mutex<[Int64]>([])
        private let mayEnd = DispatchSemaphore(value: 0)

        init(atOnce: Int = 1, waitingLimit: Int = 16) {
            queue = DerivationQueue(atOnce: atOnce, waitingLimit: waitingLimit)
        }

        func end() { mayEnd.signal() }

        /// Asks for the derivation of a second.
        func ask(_ second: Int64, for source: String, isCostly: Bool = false) async throws -> [UInt8] {
            let id = DerivationID(try LinkSigner.vector.headers(of: "sim-1", at: second))
            let key = try await queue.key(id, for: source, isCostly: isCostly) { [self] in
                begun.withLock { $0.append(second) }
                mayEnd.wait()
                // The next one may, too.
                mayEnd.signal()
                return SecretBytes([UInt8(truncatingIfNeeded: second)])
            }
            return key.copy
        }

        func askOrNote(_ second: Int64, for source: String) async throws {
            do {
                _ = try await ask(second, for: source)
            } catch is LinkBusy {
                refused.withLock { $0.append(second) }
            }
        }

        func wait(running: Int, waiting: Int) async throws {
            while queue.load != (running, waiting) { try await Task.sleep(for: .milliseconds(2)) }
        }
    }

    @Test func sameDerivation_RunsOnceForAll() async throws {
        let line = Line()
        let keys: [[UInt8]] = try await withThrowingTaskGroup(of: [UInt8].self) { group in
            group.addTask { try await line.ask(1, for: "a") }
            try await line.wait(running: 1, waiting: 0)
            for number in 0..<8 { group.addTask { try await line.ask(2, for: "source \(number % 3)") } }
            try await line.wait(running: 1, waiting: 8)
            line.end()
            var keys: [[UInt8]] = []
            for try await key in group { keys.append(key) }
            return keys
        }
        #expect(keys.count(where: { $0 == [2] }) == 8)
        #expect(line.begun.withLock { $0 } == [1, 2])
        #expect(line.queue.load == (0, 0))
    }

    /// Seconds, their sources and costs, as they are asked for one after the other, and how they run one at a time.
    @Test(
        arguments: [
            (
                [(1, "a", false), (2, "a", false), (3, "a", false), (4, "a", false), (5, "b", false), (6, "b", false)],
                [1, 2, 5, 3, 6, 4]
            ),
            ([(1, "a", false), (2, "b", true), (3, "b", false), (4, "c", false)], [1, 3, 4, 2]),
        ] as [([(Int64, String, Bool)], [Int64])])
    func sourcesTakeTurns_CostlyOnesComeLast(_ asks: [(Int64, String, Bool)], _ order: [Int64]) async throws {
        let line = Line()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (place, (second, source, isCostly)) in asks.enumerated() {
                group.addTask { _ = try await line.ask(second, for: source, isCostly: isCostly) }
                try await line.wait(running: 1, waiting: place)
            }
            line.end()
            try await group.waitForAll()
        }
        #expect(line.begun.withLock { $0 } == order)
        #expect(line.queue.load == (0, 0))
    }

    @Test func costlyOnes_RunOneAtATime() async throws {
        let line = Line(atOnce: 2)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { _ = try await line.ask(1, for: "a", isCostly: true) }
            try await line.wait(running: 1, waiting: 0)
            group.addTask { _ = try await line.ask(2, for: "b", isCostly: true) }
            try await line.wait(running: 1, waiting: 1)
            group.addTask { _ = try await line.ask(3, for: "b") }
            try await line.wait(running: 2, waiting: 1)
            line.end()
            try await group.waitForAll()
        }
        #expect(line.begun.withLock { Set($0) } == [1, 2, 3])
        #expect(line.queue.load == (0, 0))
    }

    @Test func newestOfTheLongestLane_IsSentAway() async throws {
        let line = Line(waitingLimit: 3)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for second in 1...4 as ClosedRange<Int64> {
                group.addTask { try await line.askOrNote(second, for: "a") }
                try await line.wait(running: 1, waiting: Int(second) - 1)
            }
            group.addTask { try await line.askOrNote(5, for: "b") }
            while line.refused.withLock({ $0.isEmpty }) { try await Task.sleep(for: .milliseconds(2)) }
            #expect(line.queue.load == (1, 3))
            try await line.askOrNote(6, for: "a")
            line.end()
            try await group.waitForAll()
        }
        #expect(line.refused.withLock { $0 } == [4, 6])
        #expect(line.begun.withLock { Set($0) } == [1, 2, 3, 5])
    }

    @Test func whoeverGivesUp_LeavesTheQueue() async throws {
        let line = Line()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { _ = try await line.ask(1, for: "a") }
            try await line.wait(running: 1, waiting: 0)
            try await withThrowingTaskGroup(of: Void.self) { waiting in
                for second in [2, 2, 3] as [Int64] { waiting.addTask { _ = try await line.ask(second, for: "a") } }
                try await line.wait(running: 1, waiting: 3)
                waiting.cancelAll()
                while let result = await waiting.nextResult() {
                    #expect(throws: CancellationError.self) { try result.get() }
                }
            }
            #expect(line.queue.load == (1, 0))
            line.end()
            try await group.waitForAll()
        }
        #expect(line.begun.withLock { $0 } == [1])
    }
}
