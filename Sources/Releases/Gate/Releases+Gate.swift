package import Store

/// What the update protocols may hand out: for device types that belong to a project only files that a release covers.
extension Releases {
    /// Whether a device of a type may get a file.
    ///
    /// True for a type that belongs to no project, and for projects that do not ask for releases.
    /// - Parameter sha256: of the whole file, lower-case hexadecimal.
    package func allows(sha256: String, size: Int64, type: String, in db: Database) throws -> Bool {
        guard let project = try ProjectStore.project(ofType: type, in: db),
            try ProjectStore.find(project, in: db)?.requiresRelease == true
        else { return true }
        return try ReleaseStore.isCovered(project: project, type: type, sha256: sha256, size: size, in: db)
    }

    /// What downloads that are under way ask again and again: whether anything has changed that they rest on. A device
    /// whose download ends for it goes on where it was, and is judged anew.
    ///
    /// - Parameter types: what the device is; `nil` when all of them are free of the gate.
    package func watch(types: [String]) async throws -> GateWatch? {
        let version = store.version(of: gateTables)
        let isGated = try await store.lookUp { db in
            try types.contains { try ProjectStore.project(ofType: $0, in: db) != nil }
        }
        return isGated ? GateWatch(releases: self, version: version) : nil
    }
}

/// Whether what a download rests on is as it was.
package struct GateWatch: Sendable {
    fileprivate let releases: Releases
    fileprivate let version: UInt64

    /// In memory: asked before each part of a file.
    package var isUnchanged: Bool { releases.store.version(of: releases.gateTables) == version }
}
