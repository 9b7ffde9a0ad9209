internal import AdminAPI
internal import Devices
internal import Encoding
internal import HubHTTP
internal import Hummingbird
internal import Journal
internal import Presence
internal import Wire

extension AdminRoutes {
    /// What devices told of themselves over their links.
    func addHealth(to group: RouterGroup<HubContext>) {
        group.serve(DeviceEndpoints.health) { request in
            let id = request.parameters
            let hours = try request.query.hours.map { text in
                guard let hours = text.number, (1...HealthQuery.longest).contains(hours) else {
                    throw AdminError.badRequest("hours must be 1 to \(HealthQuery.longest)")
                }
                return hours
            }
            // A device that is connected reports anew, for whoever looks again.
            if let link = try? presence.link(DeviceID(id)) {
                try? await link.tell(.reportHealth, by: LinkVisitor(id: "hub", requester: .hub))
            }
            var view = AdminDeviceHealth(deviceID: id)
            if let report = try await health.facts(of: id).health { view.set(report) }
            view.samples = try await health.samples(of: id, minutes: 60 * (hours ?? HealthQuery.longest)).map {
                AdminHealthSample(at: RFC3339.text($0.at), metrics: $0.metrics.byName)
            }
            return view
        }
        group.serve(DeviceEndpoints.logs) { request in
            let paging = try Paging(request.query)
            let lines = try await health.logLines(
                of: request.parameters, after: try paging.number() ?? 0, limit: paging.limit)
            return AdminPage(
                items: lines.map { AdminLogLine($0) },
                after: lines.count == paging.limit ? lines.last.map { "\($0.number)" } : nil)
        }
    }
}

extension [HealthReport.Metric] {
    /// As an object of the API. Two names that look alike are one there.
    fileprivate var byName: [String: Double] {
        Dictionary(map { ($0.name, $0.value) }) { first, _ in first }
    }
}

extension [NamedText] {
    fileprivate var byName: [String: String] {
        Dictionary(map { ($0.name, $0.text) }) { first, _ in first }
    }
}

extension AdminDeviceHealth {
    fileprivate mutating func set(_ told: Told<HealthReport>) {
        let report = told.value
        status = HealthStatus(report).rawValue
        at = RFC3339.text(told.at)
        timestamp = report.timestamp.map(RFC3339.text)
        metrics = report.metrics.byName
        alarms = report.alarms.byName
        metadata = report.metadata.byName
        for check in report.checks where checks[check.name] == nil {
            checks[check.name] = AdminHealthCheck(pass: check.isPassed, note: check.note.isEmpty ? nil : check.note)
        }
    }
}

extension AdminDeviceReport {
    /// - Returns: `nil` for a device that told nothing.
    init?(_ facts: DeviceFacts) {
        guard facts != DeviceFacts() else { return nil }
        self.init()
        health = facts.health.map { told in
            let concerns = HealthStatus.concerns(of: told.value)
            return AdminHealthSummary(
                status: HealthStatus(told.value).rawValue, at: RFC3339.text(told.at),
                concerns: concerns.isEmpty ? nil : concerns.byName)
        }
        location = facts.location.map { told in
            var view = AdminLocation(
                latitude: told.value.latitude, longitude: told.value.longitude, at: RFC3339.text(told.at))
            view.source = told.value.source.isEmpty ? nil : told.value.source
            view.accuracy = told.value.accuracy
            return view
        }
        locationFailure = facts.locationFailure.map {
            AdminLocationFailure(code: $0.value.code, reason: $0.value.reason, at: RFC3339.text($0.at))
        }
        networkInterface = facts.interface.map {
            AdminNetworkInterface(name: $0.value.name, kind: $0.value.kind.rawValue, at: RFC3339.text($0.at))
        }
        connectionTypes = facts.connectionTypes?.value
        networkIdentities = facts.identities?.value.map { AdminNetworkIdentity($0) }
    }
}

extension AdminNetworkIdentity {
    fileprivate init(_ identity: NetworkIdentity) {
        self.init(service: identity.service, identifier: identity.identifier)
        instance = identity.instance.isEmpty ? nil : identity.instance
        details = identity.details == .object([]) ? nil : identity.details
    }
}

extension AdminLogLine {
    fileprivate init(_ kept: KeptLogLine) {
        self.init(
            number: kept.number, at: RFC3339.text(kept.at), level: kept.line.level, message: kept.line.message)
        writtenAt = kept.line.time.map { time in
            let fraction = String(time % 1_000_000)
            let zeros = String(repeating: "0", count: 6 - fraction.utf8.count)
            return RFC3339.text(time / 1_000_000).dropLast() + ".\(zeros)\(fraction)Z"
        }
    }
}
