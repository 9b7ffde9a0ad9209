/// Where the devices of a deployment stop on their way, and what they do there.
package struct HoldPoints: Sendable, Equatable {
    /// Where a device asks: before it installs, restarts, and makes the update permanent.
    package enum Point: Sendable, CaseIterable {
        case install, reboot, commit
    }

    /// What it does there.
    package enum Action: Sendable, CaseIterable {
        case go
        /// Go on, whatever else holds the device.
        case force
        /// Wait until it is told to go on.
        case pause
        /// Give the update up.
        case fail
    }

    /// What holds at one point.
    package struct Rule: Sendable, Equatable {
        /// What to do; `nil` is to go on.
        package var action: Action?
        /// What to do when the rule was not confirmed in time; never a pause.
        package var onExpiry: Action?
        /// What to do after the action.
        package var afterAction: Action?

        package init(action: Action? = nil, onExpiry: Action? = nil, afterAction: Action? = nil) {
            self.action = action
            self.onExpiry = onExpiry
            self.afterAction = afterAction
        }
    }

    /// -10 to 10; the highest of several wins on the device.
    package var priority: Int
    /// What holds where; at a point that is missing devices go on.
    package var rules: [Point: Rule]

    package init(priority: Int = 0, rules: [Point: Rule]) {
        self.priority = priority
        self.rules = rules
    }
}
