internal import Rules

/// What a roll-out has in common with the groups of docs/protocols/device-link.md 8.
extension RolloutPlan {
    /// So many tries in so many seconds.
    package struct FailureRate: Sendable, Codable, Equatable {
        package var amount: Int
        package var seconds: Int64

        package init(amount: Int, seconds: Int64) {
            self.amount = amount
            self.seconds = seconds
        }

        /// Whether tries at these times are too many.
        ///
        /// - Parameter attempts: Unix seconds; those later than now were written by a wrong clock and don't count.
        func isReached(by attempts: [Int64], now: Int64) -> Bool {
            attempts.count { (0..<seconds).contains(now - $0) } >= amount
        }
    }

    /// Whether an operator pushed it to one device: it waits for no window, slot or penalty, and goes before all else.
    package var isPush: Bool { push == true }

    /// Whether a device must say something of itself to be meant.
    var hasConditions: Bool {
        product != nil || platform != nil || architecture != nil || versionRequirement?.isEmpty == false
    }

    /// Whether it has any of the options that make a filter without limit a standing roll-out.
    private var isStanding: Bool {
        concurrent != nil || product != nil || platform != nil || architecture != nil || versionRequirement != nil
            || failures != nil || failureRate != nil || penaltyMinutes != nil
    }

    /// The same with what NervesHub's groups have unless something else is said, for an open roll-out that has some of
    /// their options: who knows one of them expects the others.
    func completed(for target: Deployment.Target) -> RolloutPlan {
        guard case .filter = target, deviceLimit == nil, isStanding else { return self }
        var plan = self
        plan.concurrent = concurrent ?? 10
        plan.failures = failures ?? 3
        plan.failureRate = failureRate ?? FailureRate(amount: 5, seconds: 180)
        plan.penaltyMinutes = penaltyMinutes ?? 1440
        return plan
    }

    /// Whether a device that says this of itself is meant; one that says nothing about a condition is not.
    ///
    /// - Parameter value: what is known of the device under a name.
    func means(_ value: (String) throws -> String?) rethrows -> Bool {
        for (name, wanted) in [("product", product), ("platform", platform), ("architecture", architecture)] {
            guard let wanted else { continue }
            guard let found = try value(name), found.utf8.elementsEqual(wanted.utf8) else { return false }
        }
        guard let versionRequirement, !versionRequirement.isEmpty else { return true }
        return VersionRequirement(versionRequirement)?.matches(try value("version")) ?? false
    }

    /// Whether a failure with so many before it is followed by another try.
    func allowsRetry(after failedAttempts: Int) -> Bool {
        failedAttempts < (failures.map { $0 - 1 } ?? retries) && !isPush
    }

    /// - Throws: what of it does not follow ``RolloutRules``.
    func checkStanding() throws(RolloutProblem) {
        if let concurrent { try RolloutRules.check(concurrent: concurrent) }
        for case let condition? in [product, platform, architecture] { try RolloutRules.check(condition: condition) }
        if let versionRequirement { try RolloutRules.check(versionRequirement: versionRequirement) }
        if let failures { try RolloutRules.check(failures: failures) }
        if let failureRate {
            try RolloutRules.check(failureAmount: failureRate.amount, seconds: failureRate.seconds)
        }
        if let penaltyMinutes { try RolloutRules.check(penalty: penaltyMinutes) }
    }
}
