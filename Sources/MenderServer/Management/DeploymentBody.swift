internal import Encoding
internal import Journal
internal import Updates
internal import Wire

/// A deployment as the management API takes it (docs/protocols/mender.md 12.5, 10.4).
struct DeploymentBody {
    /// Everything but the devices' records.
    let deployment: NewDeployment
    /// UUIDs of the devices, or record IDs.
    let devices: [String]

    /// - Parameter group: the group of the path; `nil` when the body names the devices.
    /// - Throws: 400.
    init(_ body: JSONValue, group: String?) throws {
        guard body.members != nil else { throw MenderError.badRequest("the body must be an object") }
        let named = body["devices"]?.array?.compactMap(\.string)
        guard named?.count == body["devices"]?.array?.count else {
            throw MenderError.badRequest("devices must be an array of strings")
        }
        let isForAll = try Self.flag(body, "all_devices")
        let filter = body["filter"]
        let targets = [named.map { !$0.isEmpty } ?? false, isForAll, filter != nil, group != nil].filter { $0 }.count
        guard targets == 1 else {
            throw MenderError.badRequest("exactly one of devices, all_devices, filter or a group must be given")
        }
        let target: Deployment.Target
        if let group {
            target = .group(group)
        } else if let filter {
            target = .filter(String(decoding: filter.encoded(), as: UTF8.self))
        } else {
            target = isForAll ? .allDevices : .devices
        }
        var new = NewDeployment(
            name: try Self.text(body, "name"), artifactName: try Self.text(body, "artifact_name"), target: target)
        new.plan = try Self.plan(body)
        deployment = new
        devices = named ?? []
    }

    private static func text(_ body: JSONValue, _ name: String) throws(MenderError) -> String {
        guard let text = body[name]?.string, !text.isEmpty else { throw .badRequest("\(name) must be given") }
        guard text.utf8.count <= NewDeployment.nameLimit else {
            throw .badRequest("\(name) must have 1 to \(NewDeployment.nameLimit) bytes")
        }
        return text
    }

    private static func plan(_ body: JSONValue) throws -> RolloutPlan {
        var plan = RolloutPlan()
        plan.isForced = try flag(body, "force_installation")
        if let retries = body["retries"] { plan.retries = try number(retries, "retries") }
        if let limit = body["max_devices"], limit.integer != 0 { plan.deviceLimit = try number(limit, "max_devices") }
        if let map = body["update_control_map"], map != .null {
            let map = try MenderBody.checked { () throws(MessageError) in try UpdateControlMap(map) }
            plan.holdPoints = HoldPoints(map)
        }
        if let phases = body["phases"], phases != .null {
            // Anything else than asked for would bring the release to all devices at once.
            guard let phases = phases.array else { throw MenderError.badRequest("phases must be an array") }
            for phase in phases { plan.phases.append(try Self.phase(phase)) }
        }
        if let stop = body["stop"] {
            plan.stopRule = RolloutPlan.StopRule(
                failurePercent: try number(stop["failure_percent"] ?? .null, "stop.failure_percent"),
                afterDevices: try number(stop["after_devices"] ?? .number("1"), "stop.after_devices"))
        }
        return plan
    }

    private static func phase(_ value: JSONValue) throws -> RolloutPlan.Phase {
        guard value.members != nil else { throw MenderError.badRequest("a phase must be an object") }
        var start: Int64?
        if let time = value["start_ts"], time != .null, time != .string("") {
            guard let text = time.string, let seconds = RFC3339.seconds(Array(text.utf8)[...]) else {
                throw MenderError.badRequest("start_ts must be an RFC 3339 time")
            }
            start = seconds
        }
        return RolloutPlan.Phase(
            id: UniqueID.make(), percent: try value["batch_size"].map { try number($0, "batch_size") },
            startsAt: start)
    }

    private static func flag(_ body: JSONValue, _ name: String) throws(MenderError) -> Bool {
        guard let value = body[name], value != .null else { return false }
        guard let flag = value.bool else { throw .badRequest("\(name) must be true or false") }
        return flag
    }

    private static func number(_ value: JSONValue, _ name: String) throws(MenderError) -> Int {
        guard let number = value.integer, (0...1_000_000).contains(number) else {
            throw .badRequest("\(name) must be a whole number")
        }
        return Int(number)
    }
}
