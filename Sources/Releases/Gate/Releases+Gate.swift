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
}
