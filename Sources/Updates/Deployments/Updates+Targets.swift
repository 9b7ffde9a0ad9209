internal import GRDB
internal import Registry

/// Groups and filters, as the registry knows them.
extension Updates {
    func matches(_ deviceID: String, _ filter: String, in db: Database) throws -> Bool {
        false
    }

    func members(of group: String, in db: Database) throws -> [String] {
        []
    }
}
