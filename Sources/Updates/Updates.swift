package import GRDB
package import Registry

/// Artifacts, deployments and what became of them on each device, whatever protocol the device speaks.
package final class Updates: Sendable {
    /// Devices and the audit trail; the same store.
    package let registry: Registry

    /// Serves the devices of a registry whose store's migrations include ``addMigrations(to:)``.
    package init(registry: Registry) {
        self.registry = registry
    }

    /// The tables of this module, oldest first; never edited once released.
    package static func addMigrations(to migrator: inout DatabaseMigrator) {
    }
}
