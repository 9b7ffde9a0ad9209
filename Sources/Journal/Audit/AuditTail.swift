internal import Synchronization

/// Where the trail ends: number and chain of the last event, and the seal over both as the head holds it.
struct AuditTail: Sendable {
    let sequence: Int64
    let chain: [UInt8]
    let seal: [UInt8]
}

/// The end of the trail as last written, so that each event need not look it up.
///
/// It may be wrong: the transaction it was written in may have been rolled back. The next write moves the head
/// on only if the head shows the same number and seal; so a wrong one is noticed, and costs a look.
final class RememberedTail: Sendable {
    private let tail = Mutex<AuditTail?>(nil)

    var value: AuditTail? { tail.withLock { $0 } }

    func set(_ newValue: AuditTail) {
        tail.withLock { $0 = newValue }
    }
}

/// The row that says where the trail ends is gone: nothing can be changed, since nothing may change without an event.
struct AuditHeadMissing: Error {}
