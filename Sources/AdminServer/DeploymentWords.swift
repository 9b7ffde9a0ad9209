internal import Updates

/// What the admin API calls the states of deployments (docs/manual.md). The words are interface.
protocol AdminWord: CaseIterable {
    var word: String { get }
}

extension AdminWord {
    /// The value of a word; `nil` for a word that is none.
    init?(word: String) {
        guard let value = Self.allCases.first(where: { $0.word == word }) else { return nil }
        self = value
    }
}

extension HoldPoints.Point: AdminWord {
    var word: String {
        switch self {
        case .install: "install"
        case .reboot: "reboot"
        case .commit: "commit"
        }
    }
}

extension Deployment.State: AdminWord {
    var word: String {
        switch self {
        case .pending: "pending"
        case .inProgress: "inprogress"
        case .finished: "finished"
        }
    }
}

extension Deployment.Status: AdminWord {
    var word: String {
        switch self {
        case .scheduled: "scheduled"
        case .paused: "paused"
        case .pending: "pending"
        case .inProgress: "inprogress"
        case .finished: "finished"
        }
    }
}

extension InstallationStatus: AdminWord {
    var word: String {
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
}
