/// One live link of a device.
package struct AdminLink: Codable, Sendable, Equatable {
    package var deviceID: String
    /// `mender`, `nerveshub`.
    package var `protocol`: String
    package var address: String
    /// When it began.
    package var since: String
    /// What can be done over it now: `shell`, `files`, `ports`, `push`, `reboot`, `identify`, `scripts`. A device that
    /// has not joined yet offers nothing.
    package var abilities: [String]

    package init(deviceID: String, protocol: String, address: String, since: String, abilities: [String]) {
        self.deviceID = deviceID
        self.protocol = `protocol`
        self.address = address
        self.since = since
        self.abilities = abilities
    }
}

/// A link that began or ended.
package struct AdminLinkEvent: Codable, Sendable, Equatable {
    /// Counts up.
    package var number: Int
    /// `connected`, `disconnected`.
    package var event: String
    package var deviceID: String
    package var `protocol`: String
    package var address: String
    package var at: String

    package init(number: Int, event: String, deviceID: String, protocol: String, address: String, at: String) {
        self.number = number
        self.event = event
        self.deviceID = deviceID
        self.protocol = `protocol`
        self.address = address
        self.at = at
    }
}

/// What happened behind a number.
package struct AdminLinkEvents: Codable, Sendable {
    /// The number of the newest event; lower than the one asked with only when the hub's clock was set back.
    package var last: Int
    package var events: [AdminLinkEvent]

    package init(last: Int, events: [AdminLinkEvent]) {
        self.last = last
        self.events = events
    }
}

/// A script for a device.
package struct AdminScript: Codable, Sendable {
    /// In the language of the device's software, at most 64 KiB.
    package var text: String
    /// Seconds the device gives it, 1 to 600; absent: the device's own limit.
    package var timeoutSeconds: Int?

    package init(text: String, timeoutSeconds: Int? = nil) {
        self.text = text
        self.timeoutSeconds = timeoutSeconds
    }
}

/// What came of a script.
package struct AdminScriptResult: Codable, Sendable, Equatable {
    package var deviceID: String
    /// `completed` when it ran to its end, else `error`.
    package var result: String
    package var output: String
    /// Its value, or its exit code.
    package var value: String
    /// Why it did not run to its end.
    package var reason: String?

    package init(deviceID: String, result: String, output: String, value: String, reason: String? = nil) {
        self.deviceID = deviceID
        self.result = result
        self.output = output
        self.value = value
        self.reason = reason
    }
}
