package import Encoding

/// Hold points of a deployment (docs/protocols/mender.md 8): what a device does before it installs, restarts and
/// commits. Unknown members and words are refused, because devices refuse them.
package struct UpdateControlMap: Sendable, Equatable {
    /// Where a device asks.
    package enum Point: String, Sendable, CaseIterable {
        case commit = "ArtifactCommit_Enter"
        case install = "ArtifactInstall_Enter"
        case reboot = "ArtifactReboot_Enter"
    }

    /// What it does there.
    package enum Action: String, Sendable, CaseIterable {
        case go = "continue"
        case force = "force_continue"
        case pause
        case fail
    }

    /// What holds at one point.
    package struct State: Sendable, Equatable {
        /// What to do; `nil` is to continue.
        package var action: Action?
        /// What to do when the map was not refreshed in time; never a pause.
        package var onMapExpire: Action?
        /// What to do after the action.
        package var onActionExecuted: Action?

        package init(action: Action? = nil, onMapExpire: Action? = nil, onActionExecuted: Action? = nil) {
            self.action = action
            self.onMapExpire = onMapExpire
            self.onActionExecuted = onActionExecuted
        }
    }

    /// Number of the deployment; `nil` where it is made.
    package var id: String?
    /// -10 to 10; the highest of several maps wins on the device.
    package var priority: Int
    /// What holds where; a point that is missing continues.
    package var states: [Point: State]

    package init(id: String? = nil, priority: Int = 0, states: [Point: State]) {
        self.id = id
        self.priority = priority
        self.states = states
    }

    /// Reads a map.
    ///
    /// - Throws: `wrongType` and `invalidMember` name the member.
    package init(_ value: JSONValue) throws(MessageError) {
        guard let members = value.members else { throw .wrongType("update_control_map") }
        self.init(states: [:])
        for member in members {
            switch member.name {
            case "id": id = member.value.string
            case "priority":
                guard let number = member.value.integer, (-10...10).contains(number) else {
                    throw .invalidMember("update_control_map.priority")
                }
                priority = Int(number)
            case "states": states = try Self.states(member.value)
            default: throw .invalidMember("update_control_map")
            }
        }
    }

    private static func states(_ value: JSONValue) throws(MessageError) -> [Point: State] {
        guard let members = value.members else { throw .wrongType("update_control_map.states") }
        var states: [Point: State] = [:]
        for member in members {
            guard let point = Point(rawValue: member.name) else { throw .invalidMember("update_control_map.states") }
            states[point] = try state(member.value)
        }
        return states
    }

    private static func state(_ value: JSONValue) throws(MessageError) -> State {
        guard let members = value.members else { throw .wrongType("update_control_map.states") }
        var state = State()
        for member in members {
            guard let action = member.value.string.flatMap(Action.init) else {
                throw .invalidMember("update_control_map.states")
            }
            switch member.name {
            case "action": state.action = action
            case "on_map_expire" where action != .pause: state.onMapExpire = action
            case "on_action_executed": state.onActionExecuted = action
            default: throw .invalidMember("update_control_map.states")
            }
        }
        return state
    }

    /// Writes the map as the next value of `writer`.
    package func write(to writer: inout JSONWriter) {
        writer.object { writer in
            if let id { writer.member("id", id) }
            writer.member("priority", Int64(priority))
            writer.name("states")
            writer.object { writer in
                for point in Point.allCases {
                    guard let state = states[point] else { continue }
                    writer.name(point.rawValue)
                    state.write(to: &writer)
                }
            }
        }
    }
}

extension UpdateControlMap.State {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.object { writer in
            if let action { writer.member("action", action.rawValue) }
            if let onMapExpire { writer.member("on_map_expire", onMapExpire.rawValue) }
            if let onActionExecuted { writer.member("on_action_executed", onActionExecuted.rawValue) }
        }
    }
}

/// What a device is told that asks for the map again, and what an operator sends to change it:
/// `{"update_control_map":{…}}`.
package struct ControlMapMessage: Sendable, Equatable {
    package var map: UpdateControlMap

    /// Limits of the body: 64 KiB.
    package static let limits = JSONLimits(bytes: 64 * 1024)

    package init(_ map: UpdateControlMap) {
        self.map = map
    }

    /// Reads a body; members beside the map are skipped.
    package init(parsing bytes: [UInt8]) throws(MessageError) {
        let body = try JSONValue(parsing: bytes, limits: Self.limits)
        map = try UpdateControlMap(body["update_control_map"] ?? .null)
    }

    /// The body as bytes.
    package func encoded() -> [UInt8] {
        var writer = JSONWriter(capacity: 256)
        writer.object { writer in
            writer.name("update_control_map")
            map.write(to: &writer)
        }
        return writer.bytes
    }
}
