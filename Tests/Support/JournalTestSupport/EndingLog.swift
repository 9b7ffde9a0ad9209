package import Journal
internal import Synchronization

/// Keeps what is announced.
package final class EndingLog: EndingSubscriber {
    private let all = Mutex<[Ending]>([])
    private let look: @Sendable (Ending) -> Void

    /// Subscribes.
    ///
    /// - Parameter look: called with each ending as it is announced.
    package init(_ endings: Endings, look: @escaping @Sendable (Ending) -> Void = { _ in }) {
        self.look = look
        endings.subscribe(self)
    }

    /// Everything that was announced so far, in order.
    package var heard: [Ending] { all.withLock { $0 } }

    package func hear(_ ending: Ending) {
        all.withLock { $0.append(ending) }
        look(ending)
    }
}
