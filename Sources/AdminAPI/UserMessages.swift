package struct AdminUser: Codable, Sendable {
    package var name: String
    /// `viewer`, `operator`, `admin`.
    package var role: String?
    /// Only on the way to the hub.
    package var password: String?
    /// When the user was made.
    package var createdAt: String?

    package init(name: String, role: String? = nil, password: String? = nil, createdAt: String? = nil) {
        self.name = name
        self.role = role
        self.password = password
        self.createdAt = createdAt
    }
}
