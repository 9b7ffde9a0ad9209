internal import GRDB
internal import Synchronization

/// Lets concurrent writes share one durable transaction.
///
/// A commit costs one wait for the disk, whatever it holds. So writes are queued; a caller that finds no writer at work
/// starts one, which takes all that waits, runs it in one transaction, commits, and only then resumes the waiting
/// tasks: no caller goes on before its change is durable. If a write throws, the transaction is rolled back and the
/// same writes run again one by one, each in its own transaction, so that one refusal undoes nobody else's work. A
/// write must therefore be repeatable.
final class GroupCommit: Sendable {
    /// One queued write. Both closures run on the writer's thread, `finish` exactly once.
    struct Job: Sendable {
        let perform: @Sendable (Database) throws -> Void
        let finish: @Sendable ((any Error)?) -> Void
    }

    private struct Queue {
        var jobs: [Job] = []
        var isWriting = false
    }

    /// More would make the first writer of a batch wait too long for the last.
    private static let batchLimit = 512

    private let pool: DatabasePool
    private let absences: KnownAbsences
    private let queue = Mutex(Queue())

    /// - Parameter absences: forgotten with every rollback.
    init(pool: DatabasePool, absences: KnownAbsences) {
        self.pool = pool
        self.absences = absences
    }

    func write<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        let outcome = Outcome<Value>()
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            enqueue(
                Job(
                    perform: { db in outcome.set(try body(db)) },
                    finish: { error in
                        if let error {
                            continuation.resume(throwing: error)
                        } else {
                            continuation.resume()
                        }
                    }))
        }
        return try outcome.get()
    }

    private func enqueue(_ job: Job) {
        let mustStart = queue.withLock { queue in
            queue.jobs.append(job)
            defer { queue.isWriting = true }
            return !queue.isWriting
        }
        guard mustStart else { return }
        pool.asyncWriteWithoutTransaction { db in
            let db = Database(db)
            while let batch = self.nextBatch() { self.commit(batch, in: db) }
        }
    }

    private func nextBatch() -> [Job]? {
        queue.withLock { queue in
            guard !queue.jobs.isEmpty else {
                queue.isWriting = false
                return nil
            }
            let batch = Array(queue.jobs.prefix(Self.batchLimit))
            queue.jobs.removeFirst(batch.count)
            return batch
        }
    }

    private func commit(_ batch: [Job], in db: Database) {
        do {
            try transaction(in: db) { for job in batch { try job.perform(db) } }
            for job in batch { job.finish(nil) }
        } catch {
            guard batch.count > 1 else {
                for job in batch { job.finish(error) }
                return
            }
            for job in batch { commit([job], in: db) }
        }
    }

    private func transaction(in db: Database, _ body: () throws -> Void) throws {
        try db.run("BEGIN IMMEDIATE", [])
        do {
            try body()
            try db.run("COMMIT", [])
        } catch {
            absences.forgetAll()
            // SQLite rolls back by itself after some errors (disk full); a second ROLLBACK would only hide the first
            // error.
            if db.connection.isInsideTransaction { try db.script("ROLLBACK") }
            throw error
        }
    }
}

/// Carries a write's value from the writer's thread to the waiting task.
private final class Outcome<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)

    func set(_ newValue: Value) {
        value.withLock { $0 = newValue }
    }

    func get() throws -> Value {
        guard let value = value.withLock({ $0 }) else { throw StoreError.writeWithoutValue }
        return value
    }
}
