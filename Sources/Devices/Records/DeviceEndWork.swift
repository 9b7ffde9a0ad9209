package import Store
internal import Synchronization

/// What others that keep something of a device do in the transaction that ends its rights, so that all of it becomes
/// durable together. Whoever only has to hear of it afterwards subscribes to ``Endings``.
package final class DeviceEndWork: Sendable {
    /// The record shows the new state.
    package typealias Work = @Sendable (_ device: Device, Database) throws -> Void

    private let work = Mutex<[Work]>([])

    /// Takes part in the transaction; called while the hub is put together.
    package func add(_ part: @escaping Work) {
        work.withLock { $0.append(part) }
    }

    func run(_ device: Device, in db: Database) throws {
        for part in work.withLock({ $0 }) { try part(device, db) }
    }
}
