/// So many tries of a device in so many seconds.
package struct AdminFailureRate: Codable, Sendable, Equatable {
    package var attempts: Int
    package var seconds: Int64

    package init(attempts: Int, seconds: Int64) {
        self.attempts = attempts
        self.seconds = seconds
    }
}

/// What holds for the updates of one device.
package struct AdminDeviceUpdates: Codable, Sendable, Equatable {
    package var deviceID: String
    /// Whether deployments reach it.
    package var enabled: Bool
    /// Who brings them: `automatic`, `device_managed`, `off`.
    package var mode: String
    /// Whether it may choose `device_managed` by itself.
    package var mayManage: Bool
    /// Until when deployments leave it alone after a failure; absent when they don't.
    package var blockedUntil: String?
    /// When tries began since the last success.
    package var attempts: [String]
    /// The update over its link that is not done, or that it began by itself.
    package var flight: AdminFlight?

    package init(deviceID: String, enabled: Bool, mode: String, mayManage: Bool, attempts: [String]) {
        self.deviceID = deviceID
        self.enabled = enabled
        self.mode = mode
        self.mayManage = mayManage
        self.attempts = attempts
    }
}

/// An update that goes over a device's link.
package struct AdminFlight: Codable, Sendable, Equatable {
    /// The deployment; absent for one the hub did not start.
    package var deploymentID: String?
    /// `requested`, `received`, `started`, `downloading`, `updating`, `completed`, `ignored`, `rescheduled`, `failed`.
    package var state: String
    /// Percent of the state.
    package var progress: Int?
    /// When the device last told of it.
    package var changedAt: String
    /// What it said.
    package var note: String?

    package init(state: String, changedAt: String) {
        self.state = state
        self.changedAt = changedAt
    }
}

/// A change of what holds for a device's updates; what is absent stays.
package struct AdminUpdatesChange: Codable, Sendable {
    package var enabled: Bool?
    /// `automatic`, `device_managed`, `off`.
    package var mode: String?
    package var mayManage: Bool?
    /// Ends its waiting and forgets its tries.
    package var unblock: Bool?

    package init(enabled: Bool? = nil, mode: String? = nil, mayManage: Bool? = nil, unblock: Bool? = nil) {
        self.enabled = enabled
        self.mode = mode
        self.mayManage = mayManage
        self.unblock = unblock
    }
}

/// What is brought to one device at once.
package struct AdminPush: Codable, Sendable {
    /// ID of an artifact, or name of a release.
    package var artifact: String

    package init(artifact: String) {
        self.artifact = artifact
    }
}
