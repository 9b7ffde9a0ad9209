internal import AdminServer
internal import CoSignServer
internal import Devices
internal import ESTServer
package import HubHTTP
package import Hummingbird
internal import IDProvServer
internal import Issuing
internal import Journal
internal import LinkServer
internal import MenderServer
internal import PKI
internal import Presence
internal import RevocationServer
internal import Rooms
internal import Updates
internal import TunnelServer
internal import Wire

/// Which protocols each listener carries.
package struct HubRoutes {
    private let hub: Hub
    private var rooms: Rooms { hub.rooms }

    /// The routes of a hub.
    package init(hub: Hub) {
        self.hub = hub
    }

    /// What the TLS listener answers.
    package func network() -> Router<HubContext> {
        let router = Router(context: HubContext.self)
        router.add(middleware: ErrorAnswers(HubErrorForm()))
        router.add(middleware: MenderRefusals())
        router.add(middleware: LastingPeers(loss: hub.loss))
        router.add(middleware: CrossSiteRequests(rule: hub.origins))
        let directory = DirectoryDocument(issuer: hub.issuer, reach: rooms.reach, way: way, ownServices: ownServices)
        IDProvRoutes(
            issuer: hub.issuer, journal: rooms.journal, secrets: rooms.secrets, devices: rooms.devices,
            directory: directory
        ).add(to: router)
        ESTRoutes(
            issuer: hub.issuer, makesKeys: hub.configuration.makesKeys, names: hub.configuration.requestedNames
        ).add(to: router)
        TunnelRoutes(reach: rooms.reach).add(to: router)
        addCoSigning(to: router)
        admin.add(to: router)
        let devices = DeviceRoutes(
            updates: hub.updates, artifacts: hub.artifacts, journal: rooms.journal, identities: rooms.identities,
            inventory: rooms.inventory,
            configurations: rooms.configurations, limits: hub.configuration.mender,
            origin: origin)
        devices.add(to: router)
        FirmwareRoutes(updates: hub.updates, artifacts: hub.artifacts).add(to: router)
        management.add(to: router)
        DeviceLinkRoutes(links: hub.links, devices: devices).add(to: router)
        LinkRoutes(services: hub.linkServices, origin: origin).add(to: router)
        MenderRefusals.addMethods(to: router)
        return router
    }

    private func addCoSigning(to router: Router<HubContext>) {
        let failures = TokenFailures(steady: rooms.journal.steady)
        ProjectRoutes(
            releases: rooms.releases, issuer: hub.issuer, failures: failures,
            revokeDevice: { [issuer = hub.issuer] device, requester in
                try await issuer.revoke(deviceID: device, reason: .unspecified, by: requester)
            }
        ).add(to: router)
        ReleaseRoutes(releases: rooms.releases, failures: failures).add(to: router)
        DeviceReleaseRoutes(
            releases: rooms.releases, updates: hub.updates, artifacts: hub.artifacts,
            steady: rooms.journal.steady
        ).add(to: router)
    }

    /// What the plain-HTTP listener answers.
    package func publication() -> Router<HubContext> {
        let router = Router(context: HubContext.self)
        router.add(middleware: ErrorAnswers(HubErrorForm()))
        router.add(middleware: CrossSiteRequests(rule: hub.origins))
        RevocationRoutes(issuer: hub.issuer, lists: hub.lists, responder: hub.responder).add(to: router)
        return router
    }

    /// How a request reached the hub.
    private var way: @Sendable (Request, HubContext) -> RequestWay {
        { [hub, authority] request, context in
            authority.way(request.head.authority, from: context.peer.address, port: hub.readiness.port("https"))
        }
    }

    /// What the hub itself offers devices (docs/manual.md, "Services").
    private var ownServices: @Sendable (RequestWay) -> (services: [String: String], isFinal: Bool) {
        { [hub] way in
            let isFinal = hub.readiness.isReady
            var services = tunnelServices(way.host)
            if hub.readiness.port("https") != nil {
                services["est"] = way.origin + "/.well-known/est"
                services["ota"] = way.updates
                services["deviceLink"] = Self.webSocket(way.origin) + "/device-socket/websocket"
            }
            services["crl"] = hub.publication?.revocationList(hub.issuer.authority.generation)
            services["ocsp"] = hub.publication?.ocsp
            return (services, isFinal)
        }
    }

    private static func webSocket(_ origin: String) -> String {
        origin.hasPrefix("https:") ? "wss" + origin.dropFirst(5) : origin
    }

    /// Where ends of tunnels go: stock clients of the proxy come over TCP, those of the rendezvous over WebSocket.
    private func tunnelServices(_ host: String) -> [String: String] {
        func url(_ choices: [(scheme: String, listener: String)]) -> String? {
            for (scheme, listener) in choices {
                if let port = hub.readiness.port(listener) { return "\(scheme)://\(host):\(port)" }
            }
            return nil
        }
        var services: [String: String] = [:]
        services["tunnel"] = url([("wss", "tunnelWebSocket"), ("ssl", "tunnelTCP")])
        services["tunnelProxy"] = url([("ssl", "proxyTCP"), ("wss", "proxyWebSocket")])
        return services
    }

    /// What the Unix socket answers.
    package func local() -> Router<HubContext> {
        let router = Router(context: HubContext.self)
        router.add(middleware: ErrorAnswers(HubErrorForm()))
        router.add(middleware: MenderRefusals())
        router.add(middleware: CrossSiteRequests(rule: hub.origins))
        admin.add(to: router)
        management.add(to: router)
        MenderRefusals.addMethods(to: router)
        return router
    }

    private var management: ManagementRoutes {
        ManagementRoutes(
            issuer: hub.issuer, updates: hub.updates, artifacts: hub.artifacts, journal: rooms.journal,
            people: rooms.people,
            identities: rooms.identities, inventory: rooms.inventory, configurations: rooms.configurations,
            links: hub.links, origin: origin)
    }

    /// Where the links lead that devices and operators fetch artifacts with.
    private var origin: @Sendable (Request, HubContext) -> String {
        { [hub, authority] request, context in
            authority.updatesOrigin(
                request.head.authority, from: context.peer.address, port: hub.readiness.port("https"))
        }
    }

    private var authority: HubAuthority {
        HubAuthority(
            names: { [settings = hub.settings] in settings.preferredNames },
            addresses: { [settings = hub.settings] in settings.certificateNames.addresses },
            updatesURL: { [settings = hub.settings] in settings.updatesURL })
    }

    private var admin: AdminRoutes {
        AdminRoutes(
            issuer: hub.issuer, updates: hub.updates, artifacts: hub.artifacts, journal: rooms.journal,
            people: rooms.people,
            secrets: rooms.secrets, devices: rooms.devices, pairingWindows: rooms.pairingWindows,
            identities: rooms.identities, inventory: rooms.inventory, configurations: rooms.configurations,
            linkKeys: rooms.linkKeys, health: rooms.health, reach: rooms.reach, releases: rooms.releases,
            presence: hub.presence,
            authority: AuthorityOperation(
                catalogue: hub.catalogue, lists: hub.lists, publication: hub.publication),
            hub: HubAbilities(
                daemon: HubStatus(hub: hub), backups: hub.backup, webhooks: WebhookTest(hub: hub),
                links: LinkView(links: hub.links, presence: hub.presence), tunnels: TunnelView(hub: hub)))
    }
}
