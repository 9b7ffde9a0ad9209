import Journal
import Synchronization
import Testing

/// The feed of lost rights.
@Suite struct EndingsTests {
    /// Writes its name down whenever it hears something.
    private final class Listener: EndingSubscriber {
        private let name: String
        private let notes: Notes
        private let next: @Sendable (Ending) -> Void

        init(_ name: String, _ notes: Notes, next: @escaping @Sendable (Ending) -> Void = { _ in }) {
            self.name = name
            self.notes = notes
            self.next = next
        }

        func hear(_ ending: Ending) {
            notes.add("\(name) \(ending)")
            next(ending)
        }
    }

    private final class Notes: Sendable {
        private let lines = Mutex<[String]>([])

        var all: [String] { lines.withLock { $0 } }

        func add(_ line: String) { lines.withLock { $0.append(line) } }
    }

    @Test func subscribers_HearOnceInTheOrderInWhichTheySubscribed() {
        let (endings, notes) = (Endings(), Notes())
        let listeners = ["c", "a", "b"].map { Listener($0, notes) }
        for listener in listeners { endings.subscribe(listener) }
        endings.announce(.time(1))
        endings.announce(.time(2))
        let one = ["c time(1)", "a time(1)", "b time(1)"]
        #expect(notes.all == one + ["c time(2)", "a time(2)", "b time(2)"])
        withExtendedLifetime(listeners) {}
    }

    @Test func lateSubscriber_HearsNothingOfBefore() {
        let (endings, notes) = (Endings(), Notes())
        endings.announce(.time(1))
        let listener = Listener("a", notes)
        endings.subscribe(listener)
        #expect(notes.all.isEmpty)
        endings.announce(.time(2))
        #expect(notes.all == ["a time(2)"])
        withExtendedLifetime(listener) {}
    }

    @Test func subscriberThatIsGone_IsForgotten() {
        let (endings, notes) = (Endings(), Notes())
        do {
            let gone = Listener("a", notes)
            endings.subscribe(gone)
            #expect(endings.count == 1)
            withExtendedLifetime(gone) {}
        }
        #expect(endings.count == 0)
        endings.announce(.time(1))
        #expect(notes.all.isEmpty)
    }

    /// Nobody holds a lock meanwhile: a subscriber may announce and subscribe by itself.
    @Test func subscriberThatAnnounces_DoesNotBlock() {
        let (endings, notes) = (Endings(), Notes())
        let late = Listener("late", notes)
        let first = Listener("first", notes) { [unowned endings] ending in
            guard ending == .time(1) else { return }
            endings.subscribe(late)
            endings.announce(.time(2))
        }
        let last = Listener("last", notes)
        for listener in [first, last] { endings.subscribe(listener) }
        endings.announce(.time(1))
        #expect(notes.all == ["first time(1)", "first time(2)", "last time(2)", "late time(2)", "last time(1)"])
        withExtendedLifetime((first, last, late)) {}
    }
}
