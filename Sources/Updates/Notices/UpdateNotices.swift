internal import Synchronization
package import Wire

/// That devices have something to ask for, or are to stop.
package struct UpdateNotice: Sendable, Equatable {
    package enum Kind: Sendable {
        /// A deployment is there for them, or goes on.
        case offer
        /// The deployment they are at work on was aborted.
        case abort
        /// Who brings their updates has changed.
        case settings
        /// Another archive may be there for them.
        case archive
    }

    package let kind: Kind
    /// Records of the devices; never empty.
    package let devices: [DeviceID]
    /// How many of them can begin, when only so many places are free; `nil` for all.
    package var slots: Int?
}

/// Announces to links that can push that something is there for devices, after it is durable.
///
/// A notice is a hint: what a device gets is decided when it asks. So a subscriber that does not take its notices loses
/// the oldest of them. What begins by the clock alone (a phase, a window) is announced at the next look, see
/// ``Updates/announceDue()``.
package final class UpdateNotices: Sendable {
    private struct State {
        var next = 0
        var subscribers: [Int: AsyncStream<UpdateNotice>.Continuation] = [:]
    }

    /// Notices that wait for one subscriber at most.
    static let waitingLimit = 256
    private let state = Mutex(State())

    /// Notices from now on, until the task that reads them is cancelled.
    package func subscribe() -> AsyncStream<UpdateNotice> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: UpdateNotice.self, bufferingPolicy: .bufferingNewest(Self.waitingLimit))
        let number = state.withLock { state in
            state.next += 1
            state.subscribers[state.next] = continuation
            return state.next
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { $0.subscribers[number] = nil }
        }
        return stream
    }

    deinit {
        for subscriber in state.withLock(\.subscribers).values { subscriber.finish() }
    }

    /// Whether somebody listens: without, nobody need find out whom a notice is for.
    var isHeard: Bool { state.withLock { !$0.subscribers.isEmpty } }

    /// Tells all subscribers of devices; of none there is nothing to tell.
    func send(_ kind: UpdateNotice.Kind, to devices: [String], slots: Int? = nil) {
        send(UpdateNotice(kind: kind, devices: devices.map { DeviceID($0) }, slots: slots))
    }

    func send(_ notice: UpdateNotice) {
        guard !notice.devices.isEmpty else { return }
        // Outside of the lock: a subscriber that ends calls back into it.
        for subscriber in state.withLock(\.subscribers).values { subscriber.yield(notice) }
    }
}
