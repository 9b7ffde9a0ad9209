internal import Devices
internal import Encoding
package import Filters
internal import Store
internal import Wire

/// Groups and filters, as the room of devices knows them.
extension Updates {
    /// Whether a device matches the text of a filter that was checked when its deployment was made.
    func matches(_ deviceID: String, _ filter: String, in db: Database) throws -> Bool {
        try inventory.matches(deviceID: deviceID, try Self.filter(filter), in: db)
    }

    /// Devices of a group that may have an update.
    ///
    /// - Throws: ``UpdatesError/unknownGroup(_:)``.
    func members(of group: String, in db: Database) throws -> [String] {
        guard try inventory.isGroup(group, in: db) else { throw UpdatesError.unknownGroup(group) }
        let candidates = Set(try updatable(in: db).map { DeviceID($0) })
        let filter = try inventory.filter(ofGroup: group, in: db)
        return try inventory.devices(matching: filter, onlyIdentified: false, in: db)
            .filter { candidates.contains(DeviceID($0)) }
    }

    /// Devices that may have an update: those with an accepted key of the update protocol, and approved ones that said
    /// over a link what they run.
    func updatable(in db: Database) throws -> [String] {
        let asking = try identities.updatableDevices(in: db)
        let known = Set(asking.map { DeviceID($0) })
        let linked = try inventory.approvedDevices(reporting: DeviceReport.firmwareUUID, in: db)
        return asking + linked.filter { !known.contains(DeviceID($0)) }
    }

    /// A filter as search and deployment take it: an array of terms, or an object that has them as `terms`.
    ///
    /// - Throws: ``UpdatesError/invalid(_:)``.
    package static func filter(_ text: String) throws(UpdatesError) -> InventoryFilter {
        guard let value = try? JSONValue(parsing: Array(text.utf8)) else { throw .invalid("the filter is not JSON") }
        return try InventoryFilter(checking: value["terms"] ?? value)
    }

    /// Unfinished deployments that an artifact is part of.
    static func deployments(using artifact: String, in db: Database) throws -> [String] {
        try DeploymentStore.using(artifact: artifact, in: db)
    }

    /// Whether an artifact was ever part of a deployment.
    static func hasDeployed(artifact: String, in db: Database) throws -> Bool {
        try DeploymentStore.everUsed(artifact: artifact, in: db)
    }
}

extension InventoryFilter {
    /// A filter with at least one term.
    fileprivate init(checking value: JSONValue) throws(UpdatesError) {
        do throws(InventoryFilterError) {
            try self.init(value)
        } catch {
            throw .invalid("the filter can't be used: \(error)")
        }
        guard !terms.isEmpty else { throw .invalid("a filter needs a term") }
    }
}
