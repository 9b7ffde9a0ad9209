/// A group of devices.
package struct AdminGroup: Codable, Sendable {
    /// `[A-Za-z0-9_-]{1,1024}`.
    package var name: String
    /// Terms that make a device a member, like `inventory.os=debian`; absent for a group whose members were chosen.
    package var filter: [String]?
    /// How many members; absent in listings for a group with a filter, which would have to be applied to every device.
    package var members: Int?

    package init(name: String, filter: [String]? = nil, members: Int? = nil) {
        self.name = name
        self.filter = filter
        self.members = members
    }
}

/// Devices to put into a group, or a member in a listing.
package struct AdminGroupMembers: Codable, Sendable {
    package var devices: [String]

    package init(devices: [String]) {
        self.devices = devices
    }
}

package struct AdminGroupMember: Codable, Sendable {
    package var deviceID: String
    /// Its UUID in the update protocol; absent when it does not speak that.
    package var identityID: String?

    package init(deviceID: String, identityID: String?) {
        self.deviceID = deviceID
        self.identityID = identityID
    }
}

/// A token of a person's scripts, or the wish for one.
package struct AdminUserToken: Codable, Sendable {
    /// UUID; absent in a wish.
    package var id: String?
    /// What its owner calls it.
    package var name: String
    /// Life in seconds; only in a wish.
    package var expiresInSeconds: Int64?
    /// When it was made.
    package var createdAt: String?
    package var expiresAt: String?
    /// The token itself; only in the answer that makes it.
    package var token: String?

    package init(name: String) {
        self.name = name
    }
}
