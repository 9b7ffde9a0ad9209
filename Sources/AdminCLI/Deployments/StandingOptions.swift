internal import AdminAPI
internal import ArgumentParser
internal import Rules

/// Which devices take part by what they say of themselves, and what failures cost: with --filter, a roll-out that goes
/// on by itself.
struct StandingOptions: ParsableArguments {
    @Option(help: "Only devices of this product.") var product: String?
    @Option(help: "Only devices of this platform.") var platform: String?
    @Option(help: "Only devices of this architecture.") var architecture: String?
    @Option(
        help: ArgumentHelp(
            "Only devices with such a version, like '>= 1.2.0 and < 2.0.0' or '~> 1.2'.", valueName: "requirement"))
    var versionRequirement: String?
    @Option(help: "Devices that may be at work at once.") var concurrent: Int?
    @Option(help: "Tries without success after which a device gets no other one.") var failures: Int?
    @Option(
        help: ArgumentHelp(
            "Make a device wait after so many tries in so many seconds, like 5/180.", valueName: "tries/seconds"))
    var failureRate: String?
    @Option(help: ArgumentHelp("Minutes a device waits after a failure.", valueName: "minutes")) var penalty: Int?

    func validate() throws {
        var wish = AdminNewDeployment(release: "-")
        do {
            try fill(&wish)
        } catch let failure as CommandFailure {
            throw ValidationError(failure.line)
        }
    }

    func fill(_ wish: inout AdminNewDeployment) throws {
        for (option, value) in [
            ("--product", product), ("--platform", platform), ("--architecture", architecture),
        ] {
            guard let value else { continue }
            try RolloutText.check(option) { () throws(RolloutProblem) in try RolloutRules.check(condition: value) }
        }
        if let text = versionRequirement {
            try RolloutText.check(text) { () throws(RolloutProblem) in
                try RolloutRules.check(versionRequirement: text)
            }
        }
        if let concurrent {
            try RolloutText.check("--concurrent") { () throws(RolloutProblem) in
                try RolloutRules.check(concurrent: concurrent)
            }
        }
        if let failures {
            try RolloutText.check("--failures") { () throws(RolloutProblem) in
                try RolloutRules.check(failures: failures)
            }
        }
        if let penalty {
            try RolloutText.check("--penalty") { () throws(RolloutProblem) in try RolloutRules.check(penalty: penalty) }
        }
        wish.failureRate = try failureRate.map { text in
            let rate = try RolloutText.check(text) { () throws(RolloutProblem) in try RolloutRules.failureRate(text) }
            return AdminFailureRate(attempts: rate.amount, seconds: rate.seconds)
        }
        (wish.product, wish.platform, wish.architecture) = (product, platform, architecture)
        wish.versionRequirement = versionRequirement
        (wish.concurrent, wish.failures, wish.penaltyMinutes) = (concurrent, failures, penalty)
    }
}

extension AdminInstallation {
    /// Its state, with how far that is where the device tells it.
    var stateText: String { state + (progress.map { " \($0) %" } ?? "") }
}

extension AdminDeployment {
    /// How many devices may be at work.
    var placesText: String? { concurrent.map { "\($0) devices" } }

    var pushText: String? { push == true ? "to one device" : nil }

    /// Which devices take part by what they say of themselves.
    var conditions: String? {
        let parts = [
            ("product", product), ("platform", platform), ("architecture", architecture),
            ("version", versionRequirement),
        ].compactMap { name, value in value.map { "\(name) \($0)" } }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }

    /// What failures cost a device.
    var failureCost: String? {
        let parts = [
            failures.map { "no other try after \($0)" },
            failureRate.map { "waits after \($0.attempts) tries in \($0.seconds) s" },
            penaltyMinutes.map { "waits \($0) min after a failure" },
        ].compactMap(\.self)
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }
}
