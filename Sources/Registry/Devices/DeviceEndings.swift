package import GRDB
internal import Synchronization

/// Who wants to know when a device is shut out: what runs for it (tokens, links, downloads) ends at once.
package final class DeviceEndings: Sendable {
    /// Runs in the transaction that ends the device; the record shows the new state.
    package typealias Change = @Sendable (_ device: Device, Database) throws -> Void
    /// Runs once that is durable; `isShutOut` is false when the device only lost a token.
    package typealias Notice = @Sendable (_ deviceID: String, _ isShutOut: Bool) -> Void

    private let changes = Mutex<[Change]>([])
    private let notices = Mutex<[Notice]>([])

    /// Takes part in the transaction; called while the hub is put together.
    package func onChange(_ change: @escaping Change) {
        changes.withLock { $0.append(change) }
    }

    /// Hears of it afterwards; called while the hub is put together.
    package func onEnd(_ notice: @escaping Notice) {
        notices.withLock { $0.append(notice) }
    }

    func apply(_ device: Device, in db: Database) throws {
        for change in changes.withLock({ $0 }) { try change(device, db) }
    }

    /// Tells that a device has no right any more, or lost a token.
    package func announce(_ deviceID: String, isShutOut: Bool = true) {
        for notice in notices.withLock({ $0 }) { notice(deviceID, isShutOut) }
    }
}
