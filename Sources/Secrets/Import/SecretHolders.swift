package import Store

/// What an import asks about the devices its secrets are for; who keeps their records answers.
package protocol SecretHolders: Sendable {
    /// The roles of names that certificates bear which are not a device's, by the bytes of the names.
    func namesOfOthers(in db: Database) throws -> [[UInt8]: String]

    /// SQL condition that holds for the device whose ID is the parameter `?1` while it is provisioned. As SQL, since it
    /// is asked for each of millions of rows, within the statement that inserts them.
    var isProvisionedSQL: String { get }
}
