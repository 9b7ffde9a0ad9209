package import HubHTTP
package import Hummingbird
package import Issuing
internal import Registry

/// The management API that the vendor's programs and scripts speak (spec/mender.md 12), the same on TLS listener and Unix socket.
///
/// Each part adds its routes in a file of its own, behind the role it takes: `group.needing(.operator).put(…)`.
package struct ManagementRoutes: Sendable {
    let issuer: Issuer
    let links: DeviceLinks
    var registry: Registry { issuer.registry }

    /// Where every path begins; the version follows.
    static let base = "api/management"

    /// Serves the records of an issuer's registry, and the links of its devices.
    package init(issuer: Issuer, links: DeviceLinks) {
        self.issuer = issuer
        self.links = links
    }

    /// Adds all routes; all but the login are behind ``UserAuthentication``.
    package func add(to router: Router<HubContext>) {
        addLogin(to: router.group(RouterPath(Self.base)).add(middleware: MenderAnswers()))
        let group = router.group(RouterPath(Self.base)).add(middleware: MenderAnswers())
            .add(middleware: UserAuthentication(issuer: issuer))
        addUsers(to: group)
        addUserSettings(to: group)
        addLink(to: group)
    }
}
