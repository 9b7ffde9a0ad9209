package import Encoding

/// Hold points of a deployment (docs/protocols/mender.md 8): what a device does before install, reboot and commit.
package struct ControlMap: Sendable, Codable, Equatable {
    /// Where a device asks.
    package enum Point: String, Sendable, Codable, CaseIterable, CodingKeyRepresentable {
        case install = "ArtifactInstall_Enter"
        case reboot = "ArtifactReboot_Enter"
        case commit = "ArtifactCommit_Enter"
    }

    /// What it does there.
    package enum Action: String, Sendable, Codable, CaseIterable {
        case go = "continue"
        case force = "force_continue"
        case pause
        case fail
    }

    /// What holds at one point.
    package struct State: Sendable, Codable, Equatable {
        /// What to do; `nil` is to continue.
        package var action: Action?
        /// What to do when the map was not refreshed in time; never a pause.
        package var onMapExpire: Action?
        /// What to do after the action.
        package var onActionExecuted: Action?

        /// What holds at one point.
        package init(action: Action? = nil, onMapExpire: Action? = nil, onActionExecuted: Action? = nil) {
            self.action = action
            self.onMapExpire = onMapExpire
            self.onActionExecuted = onActionExecuted
        }
    }

    /// -10 to 10; the highest of several maps wins on the device.
    package var priority: Int
    /// What holds where; a point that is missing continues.
    package var states: [Point: State]

    package init(priority: Int = 0, states: [Point: State]) {
        self.priority = priority
        self.states = states
    }

    /// Reads a map as the management API takes it; unknown keys and values are refused, because the device would refuse
    /// them.
    ///
    /// - Throws: ``UpdatesError/invalid(_:)``.
    package init(_ value: JSONValue) throws(UpdatesError) {
        guard let members = value.members else { throw .invalid("update_control_map must be an object") }
        priority = 0
        states = [:]
        for member in members {
            switch member.name {
            case "priority":
                guard let number = member.value.integer, (-10...10).contains(number) else {
                    throw .invalid("update_control_map.priority must be -10 to 10")
                }
                priority = Int(number)
            case "states": states = try Self.states(member.value)
            case "id": continue
            default: throw .invalid("update_control_map has an unknown member")
            }
        }
    }

    private static func states(_ value: JSONValue) throws(UpdatesError) -> [Point: State] {
        guard let members = value.members else { throw .invalid("update_control_map.states must be an object") }
        var states: [Point: State] = [:]
        for member in members {
            guard let point = Point(rawValue: member.name) else {
                throw .invalid("update_control_map.states has an unknown state")
            }
            states[point] = try state(member.value)
        }
        return states
    }

    private static func state(_ value: JSONValue) throws(UpdatesError) -> State {
        guard let members = value.members else { throw .invalid("a state of update_control_map must be an object") }
        var state = State()
        for member in members {
            guard let action = member.value.string.flatMap(Action.init) else {
                throw .invalid("an action of update_control_map is not known")
            }
            switch member.name {
            case "action": state.action = action
            case "on_map_expire" where action != .pause: state.onMapExpire = action
            case "on_action_executed": state.onActionExecuted = action
            default: throw .invalid("a state of update_control_map has an unknown member or value")
            }
        }
        return state
    }

    /// As the device reads it, with the deployment's number.
    package func write(to writer: inout JSONWriter, id: String) {
        writer.object { writer in
            writer.member("id", id)
            writer.member("priority", Int64(priority))
            writer.name("states")
            writeStates(to: &writer)
        }
    }

    private func writeStates(to writer: inout JSONWriter) {
        writer.object { writer in
            for (point, state) in states.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                writer.name(point.rawValue)
                writer.object { writer in
                    if let action = state.action { writer.member("action", action.rawValue) }
                    if let action = state.onMapExpire { writer.member("on_map_expire", action.rawValue) }
                    if let action = state.onActionExecuted { writer.member("on_action_executed", action.rawValue) }
                }
            }
        }
    }
}
