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
    fileprivate init(_ asked: AdminNewDeployment) throws {
        self.init()
        isForced = asked.force ?? false
        retries = asked.retries ?? 0
        deviceLimit = asked.deviceLimit
        guard (0...100).contains(retries), deviceLimit ?? 1 >= 1 else {
            throw AdminError.badRequest("retries is 0 to 100, deviceLimit at least 1")
        }
        phases = try Self.phases(asked)
        stopRule = try asked.stopRule.map { rule in
            guard (1...100).contains(rule.failurePercent), (rule.afterDevices ?? 1) >= 1 else {
                throw AdminError.badRequest("stopRule has failurePercent 1 to 100 and afterDevices of at least 1")
            }
            return StopRule(failurePercent: rule.failurePercent, afterDevices: rule.afterDevices ?? 1)
        }
        windows = try (asked.windows ?? []).map(Self.window)
        if let words = asked.holdPoints, !words.isEmpty { self.holdPoints = try Self.holdPoints(words) }
    }

    private static func phases(_ asked: AdminNewDeployment) throws -> [Phase] {
        var phases = try (asked.phases ?? []).map { phase in
            Phase(id: UniqueID.make(), percent: phase.percent, startsAt: try time(phase.startsAt))
        }
        for (index, phase) in phases.enumerated() {
            let isLast = index == phases.count - 1
            guard phase.percent.map({ (1...100).contains($0) }) ?? isLast else {
                throw AdminError.badRequest("a phase has 1 to 100 percent; only the last one may leave it out")
            }
        }
        guard phases.reduce(0, { $0 + ($1.percent ?? 0) }) <= 100 else {
            throw AdminError.badRequest("the phases have more than 100 percent together")
        }
        if let start = try time(asked.startsAt) {
            if phases.isEmpty { phases = [Phase(id: UniqueID.make(), percent: nil, startsAt: nil)] }
            guard phases[0].startsAt == nil else {
                throw AdminError.badRequest("give either startsAt or the time of the first phase")
            }
            phases[0].startsAt = start
        }
        return phases
    }

    private static func time(_ text: String?) throws -> Int64? {
        guard let text else { return nil }
        // A date alone would be its end, which nobody means by a beginning.
        guard text.utf8.count > 10, let seconds = RFC3339.seconds(Array(text.utf8)[...]) else {
            throw AdminError.badRequest("startsAt must be a time like 2027-01-31T02:00:00Z")
        }
        return seconds
    }

    private static func window(_ asked: AdminWindow) throws -> Window {
        guard let from = minute(asked.from), let to = minute(asked.to), from < 1440, from != to,
            (asked.days ?? []).allSatisfy((1...7).contains)
        else { throw AdminError.badRequest("a window has days 1 to 7 and two different times like 02:00") }
        return Window(days: asked.days ?? [], from: from, to: to)
    }

    /// The minute of a day, 24:00 included.
    private static func minute(_ text: String) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2,
            parts.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
            let hour = Int(parts[0]), let minute = Int(parts[1]), minute < 60, hour * 60 + minute <= 1440
        else { return nil }
        return hour * 60 + minute
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
