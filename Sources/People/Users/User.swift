/// What a person may do (docs/authorization.md).
package enum UserRole: String, Sendable, CaseIterable {
    /// Sees everything but secrets.
    case viewer
    /// Runs the site: devices, secrets, services, updates.
    case `operator`
    /// Also users and the certificate authority.
    case admin

    /// Whether this role has every right of another one.
    package func includes(_ other: UserRole) -> Bool { rank >= other.rank }

    private var rank: Int {
        switch self {
        case .viewer: 0
        case .operator: 1
        case .admin: 2
        }
    }
}

/// A person who logs in with a password.
package struct User: Sendable, Equatable {
    /// UUID, lower case: the person's name in tokens and URLs, the same for life.
    package let id: String
    /// Login name; may be an e-mail address.
    package var name: String
    /// What the person may do.
    package var role: UserRole
    /// When the user was made, Unix seconds.
    package let createdAt: Int64
    /// Last change of name, role or password, Unix seconds.
    package var updatedAt: Int64
    /// Last login with the password, Unix seconds; `nil` before the first.
    package var loggedInAt: Int64?
}

/// Who a request comes from, on the management API.
package struct UserSession: Sendable, Equatable {
    /// The user; `nil` for an administrator who came by certificate or local socket and is not a user of the table.
    package let userID: String?
    /// Name for the audit trail: a login name, or what the certificate or socket says.
    package let name: String
    /// What the person may do.
    package let role: UserRole
    /// The token the request came with; `nil` without one.
    package let tokenID: String?
    /// When that token ends, Unix seconds; `nil` for never.
    package let endsAt: Int64?

    package init(userID: String?, name: String, role: UserRole, tokenID: String?, endsAt: Int64? = nil) {
        self.userID = userID
        self.name = name
        self.role = role
        self.tokenID = tokenID
        self.endsAt = endsAt
    }
}

extension User {
    /// Whether a login name is an e-mail address: those are the same whatever the case of their letters.
    static func isAddress(_ name: String) -> Bool { name.utf8.contains(UInt8(ascii: "@")) }

    /// A login name as it is kept.
    static func canonical(_ name: String) -> String { isAddress(name) ? name.lowercased() : name }
}
