internal import AdminAPI
internal import Devices
internal import Encoding
internal import Filters
internal import Journal
internal import Rules
internal import Updates
internal import Wire

/// A deployment as the admin API takes it.
extension NewDeployment {
    /// - Throws: ``AdminError/badRequest(_:)``, `InventoryError.invalidFilter`.
    init(_ request: AdminNewDeployment) throws {
        let targets: [Deployment.Target] = [
            request.devices.map { _ in .devices }, request.group.map { .group($0) },
            try request.filter.map { .filter(try Self.text(ofFilter: $0)) }, request.all == true ? .allDevices : nil,
        ].compactMap(\.self)
        guard targets.count == 1 else {
            throw AdminError.badRequest("set exactly one of devices, group, filter or all")
        }
        self.init(name: request.name ?? request.release, artifactName: request.release, target: targets[0])
        devices = request.devices ?? []
        plan = try RolloutPlan(request)
    }

    /// The filter of these terms as it is kept.
    ///
    /// - Throws: `InventoryError.invalidFilter`.
    static func text(ofFilter terms: [String]) throws -> String {
        do {
            let filter = try InventoryFilter(terms.map { text in try InventoryFilter.Term(text: text) })
            return String(decoding: filter.json.encoded(), as: UTF8.self)
        } catch let error as InventoryFilterError {
            throw InventoryError.invalidFilter(reason: "\(error)")
        }
    }
}

extension RolloutPlan {
    /// Reads what is text; whether it follows the rules, ``Updates`` says.
    fileprivate init(_ request: AdminNewDeployment) throws {
        self.init()
        isForced = request.force ?? false
        retries = request.retries ?? 0
        deviceLimit = request.deviceLimit
        do throws(RolloutProblem) {
            phases = try Self.phases(request)
            windows = try Self.windows(request)
        } catch {
            throw AdminError.badRequest(error.message)
        }
        if let start = request.startsAt { try begin(at: start) }
        stopRule = request.stopRule.map {
            StopRule(failurePercent: $0.failurePercent, afterDevices: $0.afterDevices ?? 1)
        }
        (concurrent, failures, penaltyMinutes) = (request.concurrent, request.failures, request.penaltyMinutes)
        (product, platform, architecture) = (request.product, request.platform, request.architecture)
        versionRequirement = request.versionRequirement
        failureRate = request.failureRate.map { FailureRate(amount: $0.attempts, seconds: $0.seconds) }
        if let words = request.holdPoints, !words.isEmpty { self.holdPoints = try Self.holdPoints(words) }
    }

    private static func phases(_ request: AdminNewDeployment) throws(RolloutProblem) -> [Phase] {
        var phases: [Phase] = []
        for phase in request.phases ?? [] {
            var start: Int64?
            if let text = phase.startsAt { start = try RolloutRules.start(text) }
            phases.append(Phase(id: UniqueID.make(), percent: phase.percent, startsAt: start))
        }
        return phases
    }

    private static func windows(_ request: AdminNewDeployment) throws(RolloutProblem) -> [Window] {
        var windows: [Window] = []
        for window in request.windows ?? [] {
            let (from, to) = (try RolloutRules.minute(window.from), try RolloutRules.minute(window.to))
            windows.append(Window(days: window.days ?? [], from: from, to: to))
        }
        return windows
    }

    /// Gives the first phase, which may be the only one, its time.
    private mutating func begin(at text: String) throws {
        if phases.isEmpty { phases = [Phase(id: UniqueID.make(), percent: nil, startsAt: nil)] }
        guard phases[0].startsAt == nil else {
            throw AdminError.badRequest("give either startsAt or the time of the first phase")
        }
        do throws(RolloutProblem) {
            phases[0].startsAt = try RolloutRules.start(text)
        } catch {
            throw AdminError.badRequest(error.message)
        }
    }

    private static func holdPoints(_ words: [String]) throws -> HoldPoints {
        var rules: [HoldPoints.Point: HoldPoints.Rule] = [:]
        for word in words {
            rules[try HoldPoints.Point(checking: word)] = HoldPoints.Rule(action: .pause)
        }
        return HoldPoints(rules: rules)
    }
}

extension HoldPoints.Point {
    /// - Throws: ``AdminError/badRequest(_:)`` for a word that names no point.
    init(checking word: String) throws(AdminError) {
        guard let point = Self(word: word) else { throw .badRequest(RolloutProblem.holdPoint.message) }
        self = point
    }
}
