/// How much work the patterns of one search may do. A pattern's time is bounded for each text (``FilterPattern``); this
/// bounds all of them together: many devices, with many long values, under many terms.
package struct PatternBudget: Sendable {
    private var steps: Int

    /// What a search over all devices may take: seconds of a core.
    package static let search = PatternBudget(steps: 500_000_000)
    /// What the look at one device may take: some tenths of a second.
    package static let device = PatternBudget(steps: 20_000_000)

    /// - Parameter steps: characters times steps of the pattern's program.
    package init(steps: Int) {
        self.steps = steps
    }

    /// Takes what the look at a text may cost at most.
    ///
    /// - Throws: when there is not so much left.
    mutating func spend(_ pattern: FilterPattern, on text: String) throws(PatternBudgetSpent) {
        steps -= (min(text.utf8.count, FilterPattern.textLimit) + 1) * pattern.stepCount
        guard steps >= 0 else { throw PatternBudgetSpent() }
    }
}

/// The patterns of a search would have taken more than its ``PatternBudget``.
package struct PatternBudgetSpent: Error, Equatable {
    /// That is all there is to say.
    package init() {}
}
