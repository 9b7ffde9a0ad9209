internal import HubRuntime
package import Logging
internal import ServiceLifecycle
package import Updates

/// Looks at roll-outs for devices that don't ask by themselves: places that became free, every second; what begins by
/// the clock alone, and updates of which nothing is heard any more, every two minutes.
package struct RolloutWatch: Service {
    private let updates: Updates
    private let logger: Logger

    private static let turnsOfClock = 120

    package init(updates: Updates, logger: Logger) {
        self.updates = updates
        self.logger = logger
    }

    package func run() async throws {
        let turns = Turns()
        await Repetition(every: .seconds(1)).run { await look(turn: await turns.next()) }
    }

    /// One look, the turns counted from 1; a failure is logged and tried again at the next.
    package func look(turn: Int) async {
        await updates.lookAgain()
        guard turn.isMultiple(of: Self.turnsOfClock) else { return }
        do {
            try await updates.expireSilent()
            try await updates.announceDue()
        } catch {
            logger.error("looking at roll-outs failed", metadata: ["error": "\(error)"])
        }
    }

    private actor Turns {
        private var count = 0

        func next() -> Int {
            count += 1
            return count
        }
    }
}
