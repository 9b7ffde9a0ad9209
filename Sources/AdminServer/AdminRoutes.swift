internal import AdminAPI
package import Devices
internal import HTTPTypes
package import HubHTTP
package import Hummingbird
package import Issuing
package import Journal
package import People
package import Presence
internal import PKI
package import Reach
package import Releases
package import Secrets
package import Updates

/// The admin API: routes that decode, ask a service, encode. The same on the Unix socket and, for admins, over TLS.
package struct AdminRoutes: Sendable {
    let issuer: Issuer
    let updates: Updates
    let artifacts: Artifacts
    let authority: AuthorityOperation
    let hub: HubAbilities
    let journal: Journal
    let people: People
    let secrets: Secrets
    let devices: Devices
    let pairingWindows: PairingWindows
    let identities: Identities
    let inventory: Inventory
    let configurations: Configurations
    let linkKeys: LinkKeys
    let health: Health
    let reach: Reach
    let releases: Releases
    let presence: Presence

    /// Serves an issuer's devices, what is installed on them, and what the daemon tells of itself.
    package init(
        issuer: Issuer, updates: Updates, artifacts: Artifacts, journal: Journal, people: People, secrets: Secrets,
        devices: Devices,
        pairingWindows: PairingWindows, identities: Identities, inventory: Inventory, configurations: Configurations,
        linkKeys: LinkKeys, health: Health, reach: Reach, releases: Releases, presence: Presence,
        authority: AuthorityOperation, hub: HubAbilities
    ) {
        self.issuer = issuer
        (self.journal, self.people, self.secrets, self.devices, self.reach) = (journal, people, secrets, devices, reach)
        (self.pairingWindows, self.identities) = (pairingWindows, identities)
        (self.inventory, self.configurations) = (inventory, configurations)
        (self.linkKeys, self.health) = (linkKeys, health)
        (self.updates, self.artifacts) = (updates, artifacts)
        (self.releases, self.presence) = (releases, presence)
        self.authority = authority
        self.hub = hub
    }

    /// Adds all routes, each behind the check that the caller is an administrator.
    package func add(to router: Router<HubContext>) {
        let group = administrators(router.group(RouterPath(AdminEndpoints.base)))
        addDevices(to: group)
        addImport(to: group)
        addSecrets(to: group)
        addServices(to: group)
        addAuthority(to: group)
        addCertificates(to: group)
        addRevocation(to: group)
        addUsers(to: group)
        addUserTokens(to: group)
        addGroups(to: group)
        addAudit(to: group)
        addAuditPruning(to: group)
        addWebhooks(to: group)
        addAlarms(to: group)
        addPairing(to: group)
        addLink(to: group)
        addLinks(to: group)
        addLinkKeys(to: group)
        addIdentities(to: group)
        addArtifacts(to: group)
        addFirmwareKeys(to: group)
        addArchives(to: group)
        addUploads(to: group)
        addDeployments(to: group)
        addSettings(to: group)
        addHealth(to: group)
        addUpdates(to: group)
        addTunnels(to: group)
        addCoSigning(to: group)
        group.serve(HubEndpoints.status) { _ in try await hub.daemon.status() }
        group.serve(HubEndpoints.checkConfiguration) { request in
            try FormType.refuse(request.http, instead: HubEndpoints.checkConfiguration.contentType)
            let text = String(buffer: try await request.http.body.collect(upTo: 1 << 20))
            let problems = hub.daemon.problems(inConfiguration: text)
            return AdminVerdict(isGood: problems.isEmpty, findings: problems)
        }
        addBackup(to: group)
        addOperation(to: router)
        let old = CertificateEndpoints.revokeOldPath
        addRevocation(old, to: administrators(router.group(RouterPath(old.path.base))))
    }

    /// Routes of administrators alone, whose refusals name the next step.
    private func administrators(_ group: RouterGroup<HubContext>) -> RouterGroup<HubContext> {
        group.add(middleware: ErrorAnswers(AdminForm())).add(middleware: AdminOnly(now: journal.now))
    }

    /// What monitoring asks; no JSON, so that any tool reads it.
    private func addOperation(to router: Router<HubContext>) {
        let group = administrators(router.group(""))
        group.serve(MonitorEndpoints.health) { "ok\n".response(from: $0.http, context: $0.context) }
        group.serve(MonitorEndpoints.readiness) { _ in
            hub.daemon.isReady
                ? Response(status: .ok, body: .init(byteBuffer: .init(string: "ready\n")))
                : Response(status: .serviceUnavailable, body: .init(byteBuffer: .init(string: "not ready\n")))
        }
        group.serve(MonitorEndpoints.metrics) { _ in
            Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                body: .init(byteBuffer: .init(string: hub.daemon.metrics)))
        }
    }
}

/// Lets administrators through: everybody whom the mode of the Unix socket admits, or a certificate of OU admin.
struct AdminOnly: RouterMiddleware {
    let now: @Sendable () -> Int64

    func handle(
        _ request: Request, context: HubContext, next: (Request, HubContext) async throws -> Response
    ) async throws -> Response {
        guard context.peer.userID != nil || context.peer.role == .admin else { throw refusal(of: context.peer) }
        return try await next(request, context)
    }

    /// A certificate that was issued while the hub's clock was ahead looks right to its holder.
    private func refusal(of peer: Peer) -> AdminError {
        guard let certificate = peer.endedCertificate, certificate.notBefore > now(),
            certificate.subject.organizationalUnits.contains(PeerRole.admin.rawValue)
        else { return .forbidden }
        return .notYetValid(certificate.notBefore)
    }
}
