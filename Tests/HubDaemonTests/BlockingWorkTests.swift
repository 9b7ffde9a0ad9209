import Foundation
import HubHTTP
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct BlockingWorkTests {
    /// As much of it as there are threads for tasks: these go on, or nobody would end it.
    @Test func tasksGoOn_WhileWorkWaits() async throws {
        let mayEnd = DispatchSemaphore(value: 0)
        let count = ProcessInfo.processInfo.activeProcessorCount
        try await withThrowingTaskGroup { group in
            for _ in 0..<count {
                group.addTask { try await BlockingWork.run { mayEnd.wait() } }
            }
            for _ in 0..<count {
                group.addTask {
                    await Task.yield()
                    mayEnd.signal()
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func gatheredBytes_ComeInOrder_InLargeParts_AndTheErrorOfOneEndsIt() async throws {
        let parts = Mutex<[[UInt8]]>([])
        let isEnded = Atomic<Bool>(false)
        var writing = GatheredWriting { bytes in parts.withLock { $0.append(bytes) } }
        let whole = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 9) }
        for start in stride(from: 0, to: whole.count, by: 1000) {
            try await writing.take(whole[start..<min(start + 1000, whole.count)])
        }
        try await writing.end { isEnded.store(true, ordering: .relaxed) }
        #expect(parts.withLock { $0.flatMap(\.self) } == whole)
        #expect(parts.withLock { $0.count } < 10)
        let hasEnded = isEnded.load(ordering: .relaxed)
        #expect(hasEnded)

        struct Full: Error {}
        var failing = GatheredWriting { _ in throw Full() }
        await #expect(throws: Full.self) {
            for _ in 0..<1000 { try await failing.take(whole[0..<1000]) }
        }
    }
}
