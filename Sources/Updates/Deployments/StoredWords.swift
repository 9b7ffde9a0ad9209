/// How values of a deployment are spelled in the database and in the audit trail. The words are stored state: they stay
/// as they are, whatever the values are called in the code or by a protocol.
extension InstallationStatus {
    /// Its word in the tables and in the audit trail.
    var storedWord: String {
        switch self {
        case .pending: "pending"
        case .downloading: "downloading"
        case .pauseBeforeInstalling: "pause_before_installing"
        case .installing: "installing"
        case .pauseBeforeRebooting: "pause_before_rebooting"
        case .rebooting: "rebooting"
        case .pauseBeforeCommitting: "pause_before_committing"
        case .success: "success"
        case .failure: "failure"
        case .alreadyInstalled: "already-installed"
        case .noArtifact: "noartifact"
        case .aborted: "aborted"
        case .decommissioned: "decommissioned"
        }
    }

    private static let byWord = Dictionary(uniqueKeysWithValues: allCases.map { ($0.storedWord, $0) })

    init?(storedWord word: String) {
        guard let status = Self.byWord[word] else { return nil }
        self = status
    }
}

extension Deployment.State {
    /// Its word in the table of deployments.
    var storedWord: String {
        switch self {
        case .pending: "pending"
        case .inProgress: "inprogress"
        case .finished: "finished"
        }
    }

    init?(storedWord word: String) {
        guard let state = Self.allCases.first(where: { $0.storedWord == word }) else { return nil }
        self = state
    }
}

extension UpdateFlight.State {
    /// Its word in the table of devices.
    var storedWord: String {
        switch self {
        case .requested: "requested"
        case .received: "received"
        case .started: "started"
        case .downloading: "downloading"
        case .updating: "updating"
        case .completed: "completed"
        case .ignored: "ignored"
        case .rescheduled: "rescheduled"
        case .failed: "failed"
        }
    }

    init?(storedWord word: String) {
        guard let state = Self.allCases.first(where: { $0.storedWord == word }) else { return nil }
        self = state
    }
}

extension HoldPoints: Codable {
    package init(from decoder: any Decoder) throws {
        let stored = try Stored(from: decoder)
        priority = stored.priority
        rules = [:]
        for (point, state) in stored.states {
            rules[point.value] = Rule(
                action: state.action?.value, onExpiry: state.onMapExpire?.value,
                afterAction: state.onActionExecuted?.value)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var states: [Stored.Point: Stored.State] = [:]
        for (point, rule) in rules {
            states[Stored.Point(point)] = Stored.State(
                action: rule.action.map(Stored.Action.init), onMapExpire: rule.onExpiry.map(Stored.Action.init),
                onActionExecuted: rule.afterAction.map(Stored.Action.init))
        }
        try Stored(priority: priority, states: states).encode(to: encoder)
    }
}

/// Hold points within the plan of a stored deployment.
private struct Stored: Codable {
    enum Point: String, Codable, CodingKeyRepresentable {
        case install = "ArtifactInstall_Enter"
        case reboot = "ArtifactReboot_Enter"
        case commit = "ArtifactCommit_Enter"

        init(_ point: HoldPoints.Point) {
            switch point {
            case .install: self = .install
            case .reboot: self = .reboot
            case .commit: self = .commit
            }
        }

        var value: HoldPoints.Point {
            switch self {
            case .install: .install
            case .reboot: .reboot
            case .commit: .commit
            }
        }
    }

    enum Action: String, Codable {
        case go = "continue"
        case force = "force_continue"
        case pause
        case fail

        init(_ action: HoldPoints.Action) {
            switch action {
            case .go: self = .go
            case .force: self = .force
            case .pause: self = .pause
            case .fail: self = .fail
            }
        }

        var value: HoldPoints.Action {
            switch self {
            case .go: .go
            case .force: .force
            case .pause: .pause
            case .fail: .fail
            }
        }
    }

    struct State: Codable {
        var action: Action?
        var onMapExpire: Action?
        var onActionExecuted: Action?
    }

    var priority: Int
    var states: [Point: State]
}
