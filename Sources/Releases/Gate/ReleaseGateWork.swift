package import Store
internal import Synchronization

/// What others do in the transaction that changes which files devices may get, so that nothing is handed out between.
package final class ReleaseGateWork: Sendable {
    package typealias Work = @Sendable (Database) throws -> Void

    private let work = Mutex<[Work]>([])

    /// Takes part in the transaction; called while the hub is put together.
    package func add(_ part: @escaping Work) {
        work.withLock { $0.append(part) }
    }

    func run(in db: Database) throws {
        for part in work.withLock({ $0 }) { try part(db) }
    }
}
