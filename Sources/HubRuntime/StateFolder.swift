internal import Files

/// The folder with everything the hub keeps (docs/manual.md, "Files").
package struct StateFolder: Sendable {
    /// `/var/lib/latchkey` as a service, `./var` in a checkout.
    package let path: String

    /// Names the folder; ``prepare()`` makes it.
    package init(_ path: String) {
        self.path = path
    }

    package var database: String { path + "/hub.db" }
    /// Key that encrypts secrets at rest.
    package var storeKey: String { path + "/keys/store.key" }
    /// Says that there was a store: without ``database`` the hub does not begin anew.
    package var storeMark: String { path + "/keys/store.id" }
    /// Reports of imports and rows on their way.
    package var imports: String { path + "/import" }
    /// CSV files put here are imported.
    package var dropIn: String { path + "/oob-secrets" }
    /// Sockets and what is true only while the hub runs.
    package var run: String { path + "/run" }
    /// Default socket of the admin API.
    package var adminSocket: String { run + "/admin.sock" }
    /// Default socket of tunnel monitors.
    package var monitorSocket: String { run + "/monitor.sock" }
    /// Where each listener is, for scripts.
    package var addresses: String { run + "/addresses.json" }

    /// Says that the store was put back from a backup since the last start.
    package var restoredMark: String { path + "/restored" }

    /// Uploaded artifacts, named by SHA-256.
    package var artifacts: String { path + "/artifacts" }

    /// A file of the certificate authority's folder.
    package func authority(_ name: String) -> String { authorityFolder + "/" + name }
    /// Folder of the certificate authority's files.
    package var authorityFolder: String { path + "/ca" }

    /// Makes the folders, mode 0700: nobody but the hub reads what is inside.
    package func prepare() throws {
        try SecureFile.makeFolder(path, mode: 0o700, isNamed: true)
        for folder in [authorityFolder, path + "/keys", imports, dropIn, artifacts] {
            try SecureFile.makeFolder(folder, mode: 0o700)
        }
        // The socket's own mode decides who may connect, so its folder lets the hub's group through.
        try SecureFile.makeFolder(run, mode: 0o750)
    }
}
