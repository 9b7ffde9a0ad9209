internal import Synchronization

/// Something that must end, or refuse, what lost its right.
package protocol EndingSubscriber: AnyObject, Sendable {
    /// A right is gone. Called on the thread of the caller who took it, outside of locks and transactions: it must not
    /// wait.
    func hear(_ ending: Ending)
}

/// The one feed of lost rights.
///
/// Code that takes a right away announces that once, after the commit. Subscribers hear of it one after the other, in
/// the order in which they subscribed, before ``announce(_:)`` returns: those that judge requests subscribe first, so
/// that what is closed can't come back. Each finds by its own index what has to end. Nothing is kept: who subscribes
/// late has to look into the store.
package final class Endings: Sendable {
    /// Does not keep its subscriber alive.
    private struct Subscription: Sendable {
        weak var subscriber: (any EndingSubscriber)?
    }

    private let subscriptions = Mutex<[Subscription]>([])

    package init() {}

    /// Announces endings to a subscriber from now on, for as long as it exists.
    package func subscribe(_ subscriber: any EndingSubscriber) {
        subscriptions.withLock { subscriptions in
            subscriptions.removeAll { $0.subscriber == nil }
            subscriptions.append(Subscription(subscriber: subscriber))
        }
    }

    /// Tells all subscribers that a right is gone; the store must hold that already.
    package func announce(_ ending: Ending) {
        for subscriber in subscriptions.withLock({ $0.compactMap(\.subscriber) }) { subscriber.hear(ending) }
    }

    /// How many subscribers there are.
    package var count: Int { subscriptions.withLock { $0.count { $0.subscriber != nil } } }
}
