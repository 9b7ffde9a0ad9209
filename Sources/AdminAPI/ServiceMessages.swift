/// A service of the directory.
package struct AdminService: Codable, Sendable {
    /// Name that devices ask for.
    package var name: String
    package var url: String
    /// OU a device needs there.
    package var ou: String?

    package init(name: String, url: String, ou: String? = nil) {
        self.name = name
        self.url = url
        self.ou = ou
    }
}
