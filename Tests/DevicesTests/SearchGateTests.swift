import Synchronization
import Testing
@testable import Devices

@Suite(.timeLimit(.minutes(1))) struct SearchGateTests {
    /// Searches that end when they are told.
    private final class Searches: Sendable {
        let gate = SearchGate(atOnce: 2, waitingLimit: 16)
        let peak = Mutex((now: 0, most: 0))
        let mayEnd = Atomic<Bool>(false)

        func one() async throws {
            try await gate.run {
                peak.withLock { peak in
                    peak.now += 1
                    peak.most = max(peak.most, peak.now)
                }
                defer { peak.withLock { $0.now -= 1 } }
                while !mayEnd.load(ordering: .acquiring) { try await Task.sleep(for: .milliseconds(2)) }
            }
        }

        func wait(running: Int, waiting: Int) async throws {
            while gate.load != (running, waiting) { try await Task.sleep(for: .milliseconds(2)) }
        }
    }

    @Test func twoRun_SixteenWait_TheNextIsSentAway() async throws {
        let searches = Searches()
        try await withThrowingTaskGroup { group in
            for _ in 0..<18 { group.addTask { try await searches.one() } }
            try await searches.wait(running: 2, waiting: 16)
            await #expect(throws: InventoryError.tooManySearches) { try await searches.one() }
            searches.mayEnd.store(true, ordering: .releasing)
            try await group.waitForAll()
        }
        #expect(searches.peak.withLock { $0.most } == 2)
        #expect(searches.gate.load == (0, 0))
        try await searches.one()
    }

    @Test func whoeverGivesUp_LeavesTheQueue() async throws {
        let searches = Searches()
        try await withThrowingTaskGroup { group in
            for _ in 0..<2 { group.addTask { try await searches.one() } }
            try await searches.wait(running: 2, waiting: 0)
            try await withThrowingTaskGroup { waiting in
                for _ in 0..<3 { waiting.addTask { try await searches.one() } }
                try await searches.wait(running: 2, waiting: 3)
                waiting.cancelAll()
                while let result = await waiting.nextResult() {
                    #expect(throws: CancellationError.self) { try result.get() }
                }
            }
            #expect(searches.gate.load == (2, 0))
            searches.mayEnd.store(true, ordering: .releasing)
            try await group.waitForAll()
        }
        #expect(searches.gate.load == (0, 0))
    }

    @Test func failingSearch_FreesItsPlace() async throws {
        struct Failure: Error {}
        let gate = SearchGate(atOnce: 1, waitingLimit: 0)
        for _ in 0..<3 {
            await #expect(throws: Failure.self) { try await gate.run { throw Failure() } }
        }
        #expect(gate.load == (0, 0))
    }
}
