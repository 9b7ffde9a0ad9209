internal import GRDB
internal import Synchronization

/// Lets concurrent writes share one durable transaction.
///
/// A commit costs one wait for the disk, whatever it holds. So writes are queued; a caller that finds no writer at work
/// starts one, which takes all that waits, runs it in one transaction, commits, and only then resumes the waiting
/// tasks: no caller goes on before its change is durable. If a write throws, the transaction is rolled back and the
/// same writes run again, together but each behind a savepoint of its own, so that a refusal undoes nobody else's work
/// and costs one more wait for the disk, however many there are. A write must therefore be repeatable.
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
    private let changes: TableChanges
    private let queue = Mutex(Queue())

    /// - Parameters:
    ///   - absences: forgotten with every rollback.
    ///   - changes: told what was changed, once that is durable.
    init(pool: DatabasePool, absences: KnownAbsences, changes: TableChanges) {
        self.pool = pool
        self.absences = absences
        self.changes = changes
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
            let db = Database(db, changes: self.changes)
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
            commitApart(batch, in: db)
        }
    }

    /// Commits together what is not refused. Each write sees those before it, as in the first try.
    private func commitApart(_ batch: [Job], in db: Database) {
        do {
            let refusals = try transaction(in: db) { try batch.map { job in try refusal(of: job, in: db) } }
            for (job, refusal) in zip(batch, refusals) { job.finish(refusal) }
        } catch {
            // Nothing of it is durable: what ends the whole transaction may be the fault of one (a full disk).
            for job in batch { commit([job], in: db) }
        }
    }

    /// Performs a write, undone where it refuses; answers why it did.
    ///
    /// - Throws: what ended the whole transaction.
    private func refusal(of job: Job, in db: Database) throws -> (any Error)? {
        try db.run("SAVEPOINT write", [])
        do {
            try job.perform(db)
        } catch {
            guard db.connection.isInsideTransaction else { throw error }
            absences.forgetAll()
            try db.run("ROLLBACK TO write", [])
            try db.run("RELEASE write", [])
            return error
        }
        try db.run("RELEASE write", [])
        return nil
    }

    private func transaction<Value>(in db: Database, _ body: () throws -> Value) throws -> Value {
        // Not noted as a change, though it takes the lock.
        try Database(db.connection).run("BEGIN IMMEDIATE", [])
        do {
            let value = try body()
            try db.run("COMMIT", [])
            changes.publish()
            return value
        } catch {
            absences.forgetAll()
            changes.forget()
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
