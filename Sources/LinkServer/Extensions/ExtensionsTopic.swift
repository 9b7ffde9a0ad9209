package import Encoding
package import Wire

/// What the topic `extensions` leads to.
package enum ExtensionAction: Sendable, Equatable {
    /// A message of the hub on the topic.
    case push(event: String, payload: JSONValue)
    /// The answer to the message that was received.
    case reply(isOK: Bool, response: JSONValue)
    /// To be kept.
    case keep(DeviceFinding)
}

/// What a device tells over its link that is kept, see ``ExtensionSink``.
package enum DeviceFinding: Sendable, Equatable {
    case health(HealthReport)
    case location(GeoReport)
    /// At least one.
    case logs([LogLine])
    /// Those that are new or have changed.
    case identities([NetworkIdentity])
    /// Over which interface it is connected (docs/protocols/device-link.md 6.4).
    case interface(LinkInterface)
    /// In which ways it can connect, by its own words.
    case connectionTypes([String])
}

/// The topic `extensions` of one connection (docs/protocols/device-link.md 11.2). Pure: messages and the time come in,
/// what to do comes out. Times are of a clock that nobody sets.
package struct ExtensionsTopic: Sendable {
    private struct State: Sendable {
        var isAttached = false
        /// When the hub asked last.
        var askedAt: Duration?
    }

    private let settings: ExtensionSettings
    /// Those of the reply to the join.
    private var accepted: [LinkExtension: State] = [:]
    /// Log messages, five in a second.
    private var logBudget = MessageBudget(perSecond: 5, burst: 10)
    /// Lines of them.
    private var lineBudget = MessageBudget(perSecond: 20, burst: 200)
    /// All other reports, which cost a write each.
    private var reportBudget = MessageBudget(perSecond: 1, burst: 10)

    /// A device asked for its health because somebody looks is not asked again within this time.
    private static let askPause = Duration.seconds(5)

    package init(settings: ExtensionSettings = ExtensionSettings()) {
        self.settings = settings
    }

    /// Those that run on the device now.
    package var attached: [LinkExtension] {
        LinkExtension.allCases.filter { accepted[$0]?.isAttached ?? false }
    }

    /// The device joins, for the first time or again.
    ///
    /// - Parameter payload: name → version. What the hub does not know or speak is left out, and never a reason to
    ///   refuse.
    /// - Returns: the response of the reply, which is always `ok`: names in the order of the payload.
    package mutating func join(_ payload: JSONValue) -> JSONValue {
        accepted = [:]
        var names: [JSONValue] = []
        for member in payload.members ?? [] {
            guard let one = LinkExtension(rawValue: member.name), settings.offered.contains(one),
                let version = member.value.string, one.versions.contains(version), accepted[one] == nil
            else { continue }
            accepted[one] = State()
            names.append(.string(one.name))
        }
        return .array(names)
    }

    /// The topic was left, or its connection has ended.
    package mutating func leave() {
        accepted = [:]
    }

    /// A message of the device. What is malformed, comes too often or before `attached` is dropped.
    package mutating func receive(event: String, payload: JSONValue, now: Duration) -> [ExtensionAction] {
        let parts = event.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return [] }
        guard let one = LinkExtension(rawValue: String(parts[0])), accepted[one] != nil else {
            return [.reply(isOK: false, response: .string("detach"))]
        }
        switch parts[1] {
        case "attached":
            accepted[one]?.isAttached = true
            return request(one, now: now)
        case "detached", "error":
            accepted[one]?.isAttached = false
            return []
        default:
            guard accepted[one]?.isAttached == true else { return [] }
            return report(one, String(parts[1]), payload, now: now).map { [.keep($0)] } ?? []
        }
    }

    /// Asks for what is due; called every few seconds.
    package mutating func tick(now: Duration) -> [ExtensionAction] {
        attached.flatMap { one in
            guard let interval = settings.interval(of: one), let last = accepted[one]?.askedAt, now - last >= interval
            else { return [] as [ExtensionAction] }
            return request(one, now: now)
        }
    }

    /// Asks now, because somebody looks. Nothing when it does not run on the device, or was asked just now.
    package mutating func ask(_ one: LinkExtension, now: Duration) -> [ExtensionAction] {
        guard let state = accepted[one], state.isAttached else { return [] }
        if let last = state.askedAt, now - last < Self.askPause { return [] }
        return request(one, now: now)
    }

    private mutating func request(_ one: LinkExtension, now: Duration) -> [ExtensionAction] {
        guard let event = one.request else { return [] }
        accepted[one]?.askedAt = now
        return [.push(event: event, payload: .object([]))]
    }

    private mutating func report(
        _ one: LinkExtension, _ event: String, _ payload: JSONValue, now: Duration
    ) -> DeviceFinding? {
        switch (one, event) {
        case (.logging, "send"):
            guard logBudget.take(now: now) else { return nil }
            // A message of many lines is one; of the lines only so many are kept.
            let lines = LogLine.lines(payload).prefix(max(1, Int(lineBudget.rest(now: now))))
            guard !lines.isEmpty, lineBudget.take(lines.count, now: now) else { return nil }
            return .logs(Array(lines))
        case (.health, "report"):
            return reportBudget.take(now: now) ? HealthReport(payload).map(DeviceFinding.health) : nil
        case (.geo, "location:update"):
            return reportBudget.take(now: now) ? GeoReport(payload).map(DeviceFinding.location) : nil
        case (.networkIdentity, "report"):
            return reportBudget.take(now: now)
                ? NetworkIdentity.identities(payload).map(DeviceFinding.identities) : nil
        default: return nil
        }
    }
}
