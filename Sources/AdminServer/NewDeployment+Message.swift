internal import AdminAPI
internal import Devices
internal import Encoding
internal import Filters
internal import Journal
internal import Updates
internal import Wire

/// A deployment as the admin API takes it.
extension NewDeployment {
    /// - Throws: ``AdminError/badRequest(_:)``, `InventoryError.invalidFilter`.
    init(_ asked: AdminNewDeployment) throws {
        let targets: [Deployment.Target] = [
            asked.devices.map { _ in .devices }, asked.group.map { .group($0) },
            try asked.filter.map { .filter(try Self.text(ofFilter: $0)) }, asked.all == true ? .allDevices : nil,
        ].compactMap(\.self)
        guard targets.count == 1 else {
            throw AdminError.badRequest("exactly one of devices, group, filter and all says for whom it is")
        }
        guard (1...4096).contains(asked.release.utf8.count), (1...4096).contains((asked.name ?? "-").utf8.count) else {
            throw AdminError.badRequest("release and name have 1 to 4096 bytes")
        }
        self.init(name: asked.name ?? asked.release, artifactName: asked.release, target: targets[0])
        devices = asked.devices ?? []
        plan = try RolloutPlan(asked)
    }

    private static func text(ofFilter terms: [String]) throws -> String {
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
    fileprivate init(_ asked: AdminNewDeployment) throws {
        self.init()
        isForced = asked.force ?? false
        retries = asked.retries ?? 0
        deviceLimit = asked.deviceLimit
        do throws(RolloutProblem) {
            phases = try Self.phases(asked)
            windows = try Self.windows(asked)
        } catch {
            throw AdminError.badRequest(error.message)
        }
        if let start = asked.startsAt { try begin(at: start) }
        stopRule = asked.stopRule.map {
            StopRule(failurePercent: $0.failurePercent, afterDevices: $0.afterDevices ?? 1)
        }
        if let words = asked.holdPoints, !words.isEmpty { self.holdPoints = try Self.holdPoints(words) }
    }

    private static func phases(_ asked: AdminNewDeployment) throws(RolloutProblem) -> [Phase] {
        var phases: [Phase] = []
        for phase in asked.phases ?? [] {
            var start: Int64?
            if let text = phase.startsAt { start = try RolloutRules.start(text) }
            phases.append(Phase(id: UniqueID.make(), percent: phase.percent, startsAt: start))
        }
        return phases
    }

    private static func windows(_ asked: AdminNewDeployment) throws(RolloutProblem) -> [Window] {
        var windows: [Window] = []
        for window in asked.windows ?? [] {
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
            guard let point = HoldPoints.Point(word: word) else {
                throw AdminError.badRequest("a hold point is install, reboot or commit")
            }
            rules[point] = HoldPoints.Rule(action: .pause)
        }
        return HoldPoints(rules: rules)
    }
}
