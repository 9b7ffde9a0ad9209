internal import Updates
internal import Wire

/// What the values of ``Updates`` are called in the protocol (docs/protocols/mender.md 8, 10).
extension DeploymentStatus {
    init(_ status: InstallationStatus) {
        self =
            switch status {
            case .pending: .pending
            case .downloading: .downloading
            case .pauseBeforeInstalling: .pauseBeforeInstalling
            case .installing: .installing
            case .pauseBeforeRebooting: .pauseBeforeRebooting
            case .rebooting: .rebooting
            case .pauseBeforeCommitting: .pauseBeforeCommitting
            case .success: .success
            case .failure: .failure
            case .alreadyInstalled: .alreadyInstalled
            case .noArtifact: .noArtifact
            case .aborted: .aborted
            case .decommissioned: .decommissioned
            }
    }
}

extension InstallationStatus {
    init(_ status: DeploymentStatus) {
        self =
            switch status {
            case .pending: .pending
            case .downloading: .downloading
            case .pauseBeforeInstalling: .pauseBeforeInstalling
            case .installing: .installing
            case .pauseBeforeRebooting: .pauseBeforeRebooting
            case .rebooting: .rebooting
            case .pauseBeforeCommitting: .pauseBeforeCommitting
            case .success: .success
            case .failure: .failure
            case .alreadyInstalled: .alreadyInstalled
            case .noArtifact: .noArtifact
            case .aborted: .aborted
            case .decommissioned: .decommissioned
            }
    }
}

extension Deployment.State {
    /// The state of a word; `nil` for a word that is none.
    init?(word: String) {
        guard let state = Self.allCases.first(where: { $0.word == word }) else { return nil }
        self = state
    }

    var word: String {
        switch self {
        case .pending: "pending"
        case .inProgress: "inprogress"
        case .finished: "finished"
        }
    }
}

extension DeviceReport {
    init(_ request: UpdateRequest) {
        self.init(
            artifactName: request.artifactName, deviceType: request.deviceType, provides: request.provides,
            takesHoldPoints: request.takesControlMap)
    }
}

extension UpdateControlMap {
    /// - Parameter id: number of the deployment.
    init(_ points: HoldPoints, id: String) {
        self.init(id: id, priority: points.priority, states: [:])
        for (point, rule) in points.rules {
            states[Point(point)] = State(
                action: rule.action.map(Action.init), onMapExpire: rule.onExpiry.map(Action.init),
                onActionExecuted: rule.afterAction.map(Action.init))
        }
    }
}

extension HoldPoints {
    init(_ map: UpdateControlMap) {
        self.init(priority: map.priority, rules: [:])
        for (point, state) in map.states {
            rules[Point(point)] = Rule(
                action: state.action.map(Action.init), onExpiry: state.onMapExpire.map(Action.init),
                afterAction: state.onActionExecuted.map(Action.init))
        }
    }
}

extension UpdateControlMap.Point {
    fileprivate init(_ point: HoldPoints.Point) {
        switch point {
        case .install: self = .install
        case .reboot: self = .reboot
        case .commit: self = .commit
        }
    }
}

extension HoldPoints.Point {
    fileprivate init(_ point: UpdateControlMap.Point) {
        switch point {
        case .install: self = .install
        case .reboot: self = .reboot
        case .commit: self = .commit
        }
    }
}

extension UpdateControlMap.Action {
    fileprivate init(_ action: HoldPoints.Action) {
        switch action {
        case .go: self = .go
        case .force: self = .force
        case .pause: self = .pause
        case .fail: self = .fail
        }
    }
}

extension HoldPoints.Action {
    fileprivate init(_ action: UpdateControlMap.Action) {
        switch action {
        case .go: self = .go
        case .force: self = .force
        case .pause: self = .pause
        case .fail: self = .fail
        }
    }
}
