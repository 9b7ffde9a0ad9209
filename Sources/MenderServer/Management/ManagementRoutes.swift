package import Devices
package import HubHTTP
package import Hummingbird
package import Issuing
package import Journal
package import People
package import Updates

/// The management API that the vendor's programs and scripts speak (docs/protocols/mender.md 12), the same on TLS
/// listener and Unix socket.
///
/// Each part adds its routes in a file of its own, behind the role it takes: `group.needing(.operator).put(…)`.
package struct ManagementRoutes: Sendable {
    let issuer: Issuer
    let links: DeviceLinks
    let updates: Updates
    let artifacts: Artifacts
    let origin: @Sendable (Request, HubContext) -> String
    let journal: Journal
    let people: People
    let identities: Identities
    let inventory: Inventory
    let configurations: Configurations

    /// Where every path begins; the version follows.
    static let base = "api/management"

    /// Serves people and devices, artifacts and deployments, and the links of the devices.
    ///
    /// - Parameter origin: scheme, host and port of links in the answer to a request.
    package init(
        issuer: Issuer, updates: Updates, artifacts: Artifacts, journal: Journal, people: People,
        identities: Identities,
        inventory: Inventory,
        configurations: Configurations, links: DeviceLinks,
        origin: @escaping @Sendable (Request, HubContext) -> String
    ) {
        self.issuer = issuer
        (self.journal, self.people) = (journal, people)
        (self.identities, self.inventory, self.configurations) = (identities, inventory, configurations)
        (self.updates, self.artifacts) = (updates, artifacts)
        self.links = links
        self.origin = origin
    }

    /// Adds all routes; all but the login are behind ``UserAuthentication``. A person may hear what is wrong with the
    /// hub's disk, a device may not.
    package func add(to router: Router<HubContext>) {
        addLogin(to: router.group(RouterPath(Self.base)).add(middleware: MenderAnswers()))
        let group = router.group(RouterPath(Self.base)).add(middleware: MenderAnswers())
            .add(middleware: UserAuthentication(people: people)).add(middleware: StorageRefusals())
        addUsers(to: group)
        addUserSettings(to: group)
        addDevices(to: group)
        addArtifacts(to: group)
        addGenerate(to: group)
        addReleases(to: group)
        addDeployments(to: group)
        addInventory(to: group)
        addInventorySearch(to: group)
        addGroups(to: group)
        addConfigurations(to: group)
        addLink(to: group)
    }
}
