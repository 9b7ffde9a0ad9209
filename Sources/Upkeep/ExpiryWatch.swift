internal import HubRuntime
package import Journal
internal import ServiceLifecycle

/// Announces every second what time it is, so that whatever is open ends with its certificate or token. A clock that
/// jumps is followed at once: nobody sets a timer for the end of a right.
package struct ExpiryWatch: Service {
    private let journal: Journal

    package init(journal: Journal) {
        self.journal = journal
    }

    package func run() async throws {
        await Repetition(every: .seconds(1)).run { journal.endings.announce(.time(journal.now())) }
    }
}
