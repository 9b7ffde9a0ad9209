package import Store
internal import Synchronization

/// Which other role has a name: the issuer of certificates knows (`Issuer`), and is asked.
package final class OtherNames: Sendable {
    /// The role of each name that a certificate of another role bears, a valid one; only of one name when that is
    /// given.
    package typealias Lookup = @Sendable (_ name: String?, Database) throws -> [(name: String, ou: String)]

    /// A closure in a `Mutex` by itself is wrapped once more whenever it is read; in a structure it is not.
    private struct State {
        var lookup: Lookup?
    }

    private let state = Mutex(State())

    /// Sets whom to ask; called once, while the hub is put together.
    package func ask(_ lookup: @escaping Lookup) {
        state.withLock { $0.lookup = lookup }
    }

    func role(bearing name: String, in db: Database) throws -> String? {
        try state.withLock { $0.lookup }?(name, db).first?.ou
    }

    /// The roles by the bytes of their names.
    func all(in db: Database) throws -> [[UInt8]: String] {
        let found = try state.withLock { $0.lookup }?(nil, db) ?? []
        return Dictionary(found.map { (Array($0.name.utf8), $0.ou) }, uniquingKeysWith: { first, _ in first })
    }
}
