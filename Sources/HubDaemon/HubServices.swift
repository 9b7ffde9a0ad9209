internal import Foundation
internal import HubHTTP
internal import Hummingbird
internal import Issuing
internal import Journal
internal import LinkServer
internal import Logging
internal import Presence
internal import HubRuntime
internal import Rooms
internal import SecretFolder
internal import Secrets
internal import ServiceLifecycle
internal import Upkeep
internal import WebhookDelivery

/// Says which listener it was that could not be opened.
private struct NamedListener<Wrapped: Service>: Service {
    let name: String
    let listener: Wrapped

    func run() async throws {
        do {
            try await listener.run()
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw HubError.cannotListen(name: name, reason: BindFailure.text(error))
        }
    }
}

/// Makes the services of one run from the parts of a hub: listeners, keepers, the announcement.
struct HubServices {
    let hub: Hub
    let environment: [String: String]

    /// The services in the order in which they start; they stop in the reverse one.
    ///
    /// The clock is looked at first. Keepers and watches come before the listeners, which then have their certificate,
    /// and outlast them. Tunnels follow the listeners. The hub is announced when all of that runs, and readiness is
    /// told last; so it is withdrawn first.
    func all() async throws -> [any Service] {
        let server = ServerCertificate(
            certificateFile: hub.state.authority("server.crt"), keyFile: hub.state.authority("server.key"),
            issuer: hub.issuer)
        let (names, addresses) = hub.settings.certificateNames
        let (certificate, key, _) = try await server.current(names: names, addresses: addresses)
        let admin = AdminCertificate(
            certificateFile: hub.state.authority("admin.crt"), keyFile: hub.state.authority("admin.key"),
            issuer: hub.issuer)
        try await admin.ensure()
        let authorities = hub.issuer.authorities
        let identity = try TLSIdentity(
            certificates: [certificate] + authorities.chainToShow, key: key,
            authorities: authorities.all.map(\.certificate), connections: hub.connections
        ) { [issuer = hub.issuer] chain in
            switch issuer.standing(of: chain) {
            case .valid: .accepted
            case .ended: .ended(until: chain.first.map(issuer.graceEnd) ?? 0)
            case .refused: .refused
            }
        }
        let responderCertificate = ResponderCertificate(folder: hub.state.authorityFolder, issuer: hub.issuer)
        try await responderCertificate.refresh(hub.responder)

        var services: [any Service] = []
        let keeper = CertificateKeeper(
            server: server, admin: admin, issuer: hub.issuer, responder: hub.responder,
            responderCertificate: responderCertificate,
            names: { [settings = hub.settings] in settings.certificateNames },
            show: { try identity.replace(certificates: $0, key: $1, authorities: $2) }, logger: hub.logger)
        services.append(
            ClockWatch(journal: hub.rooms.journal, logger: hub.logger) { [operators = hub.presence.operators] in
                await operators.endForbidden()
            })
        services.append(keeper)
        services.append(Reloading(hub: hub, keeper: keeper))
        let files = PlainFileSweep(
            dropIn: hub.state.dropIn, reports: hub.state.imports, now: hub.rooms.journal.now,
            slowTime: { [journal = hub.rooms.journal] in journal.slowTime }, logger: hub.logger)
        services.append(
            Janitor(
                rooms: [
                    hub.rooms.secrets, hub.rooms.devices, hub.rooms.reach, hub.rooms.releases, hub.issuer,
                    hub.artifacts, hub.rooms.health,
                ],
                issuer: hub.issuer, catalogue: hub.catalogue, files: files, logger: hub.logger))
        services.append(HeapTrimming())
        services.append(ExpiryWatch(journal: hub.rooms.journal))
        services.append(RolloutWatch(updates: hub.updates, logger: hub.logger))
        services.append(
            FloodSums(journal: hub.rooms.journal, writeLogSums: hub.writeLogSums, logger: hub.logger))
        services.append(CertificateLearning(issuer: hub.issuer, logger: hub.logger))
        services.append(
            AlarmWatch(
                journal: hub.rooms.journal, secrets: hub.rooms.secrets,
                pairingWindows: hub.rooms.pairingWindows, issuer: hub.issuer, logger: hub.logger))
        services.append(
            WebhookDeliverer(
                journal: hub.rooms.journal, sender: WebhookSender(now: hub.rooms.journal.now), logger: hub.logger))
        services.append(
            DropInFolder(secrets: hub.rooms.secrets, devices: hub.rooms.devices, sweep: files))
        let admissions = Admissions(hub.configuration, logger: hub.logger)
        services += await admissions.services()
        hub.rooms.secrets.neighbours.ask(admissions.machine)
        let listeners = listeners(identity: identity, admissions)
        services += listeners
        services.append(LinkPusher(services: hub.linkServices))
        // Behind the listeners, so that it ends before them.
        services.append(LinkDrain(presence: hub.presence))
        let tunnels = try await TunnelParts(hub: hub, admission: admissions.tunnels).services(identity: identity)
        services += tunnels.services
        if hub.configuration.discoveryEnabled { services.append(hub.announcement) }
        services.append(
            ReadinessService(
                readiness: hub.readiness, expected: listeners.count + tunnels.listeners, state: hub.state,
                notifier: ServiceNotifier(environment: environment), logger: hub.logger))
        return services
    }

    private func listeners(identity: TLSIdentity, _ admissions: Admissions) -> [any Service] {
        var listeners: [any Service] = []
        if let address = hub.configuration.https {
            listeners.append(
                listener("https", address, tls: identity, admissions.https, router: HubRoutes(hub: hub).network()))
        }
        if let address = hub.pkiAddress {
            listeners.append(
                listener(
                    "pki", address, tls: nil, admissions.pki, limits: .publication,
                    router: HubRoutes(hub: hub).publication()))
        }
        if case .unix(let path) = hub.configuration.admin {
            let address = ListenAddress.unix(path: path.isEmpty ? hub.state.adminSocket : path)
            listeners.append(
                listener("admin", address, tls: nil, admissions.admin, router: HubRoutes(hub: hub).local()))
        }
        return listeners
    }

    private func listener(
        _ name: String, _ address: ListenAddress, tls: TLSIdentity?, _ admission: ListenerAdmission,
        limits: ServerLimits = ServerLimits(), router: Router<HubContext>
    ) -> any Service {
        let listener = Listener(
            address, tls: tls, limits: limits, admission: admission, responder: router.buildResponder(),
            logger: hub.logger
        ) { [readiness = hub.readiness] bound in readiness.bound(name, bound) }
        return NamedListener(name: name, listener: listener)
    }
}
