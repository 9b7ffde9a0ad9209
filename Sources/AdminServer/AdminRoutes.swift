package import AdminAPI
package import Devices
internal import HTTPTypes
package import HubHTTP
package import Hummingbird
package import Issuing
package import Journal
package import People
internal import PKI
package import Reach
package import Secrets
package import Updates

/// The admin API: routes that decode, ask a service, encode. The same on the Unix socket and, for admins, over TLS.
package struct AdminRoutes: Sendable {
    let issuer: Issuer
    let updates: Updates
    let authority: AuthorityOperation
    let operation: AdminOperation
    let journal: Journal
    let people: People
    let secrets: Secrets
    let devices: Devices
    let reach: Reach

    /// Serves an issuer's devices, what is installed on them, and what the daemon tells of itself.
    package init(
        issuer: Issuer, updates: Updates, journal: Journal, people: People, secrets: Secrets, devices: Devices,
        reach: Reach, authority: AuthorityOperation, operation: AdminOperation
    ) {
        self.issuer = issuer
        (self.journal, self.people, self.secrets, self.devices, self.reach) = (journal, people, secrets, devices, reach)
        self.updates = updates
        self.authority = authority
        self.operation = operation
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
        addIdentities(to: group)
        addArtifacts(to: group)
        addUploads(to: group)
        addDeployments(to: group)
        addSettings(to: group)
        addTunnels(to: group)
        group.serve(HubEndpoints.status) { _ in try await operation.status() }
        group.serve(HubEndpoints.checkConfiguration) { asked in
            try FormType.refuse(asked.request, instead: HubEndpoints.checkConfiguration.contentType)
            let text = String(buffer: try await asked.request.body.collect(upTo: 1 << 20))
            let problems = operation.configurationProblems(text)
            return AdminVerdict(isGood: problems.isEmpty, findings: problems)
        }
        addBackup(to: group)
        addOperation(to: router)
        let old = CertificateEndpoints.revokeOldPath
        addRevocation(old, to: administrators(router.group(RouterPath(old.path.base))))
    }

    /// Routes of administrators alone, whose refusals name the next step.
    private func administrators(_ group: RouterGroup<HubContext>) -> RouterGroup<HubContext> {
        group.add(middleware: ErrorAnswers(AdminForm())).add(middleware: AdminOnly(issuer: issuer, now: journal.now))
    }

    /// What monitoring asks; no JSON, so that any tool reads it.
    private func addOperation(to router: Router<HubContext>) {
        let group = administrators(router.group(""))
        group.serve(MonitorEndpoints.health) { "ok\n".response(from: $0.request, context: $0.context) }
        group.serve(MonitorEndpoints.readiness) { _ in
            operation.isReady()
                ? Response(status: .ok, body: .init(byteBuffer: .init(string: "ready\n")))
                : Response(status: .serviceUnavailable, body: .init(byteBuffer: .init(string: "not ready\n")))
        }
        group.serve(MonitorEndpoints.metrics) { _ in
            Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                body: .init(byteBuffer: .init(string: operation.metrics())))
        }
    }
}

/// Prepares an encrypted backup: passphrase, whether with artifacts, who asks.
package typealias BackupOperation = @Sendable (String, Bool, Requester) async throws -> BackupSource

/// Writes a prepared backup to where its bytes go; called once.
package typealias BackupSource = @Sendable (@escaping ([UInt8]) async throws -> Void) async throws -> Void

/// What the admin API shows of the daemon around it.
package struct AdminOperation: Sendable {
    let status: @Sendable () async throws -> AdminStatus
    let isReady: @Sendable () -> Bool
    let metrics: @Sendable () -> String
    let configurationProblems: @Sendable (String) -> [String]
    let importFolder: String
    let backup: BackupOperation
    let testWebhook: @Sendable (String, Requester) async throws -> AdminWebhookTest
    let links: AdminLinks
    let tunnels: TunnelOperation

    /// Views of the daemon, and what only it can do.
    ///
    /// - Parameters:
    ///   - configurationProblems: checks the text of a configuration file.
    ///   - importFolder: where reports of imports are kept.
    ///   - backup: prepares an encrypted backup of the state.
    ///   - testWebhook: sends a test message to the webhook of an ID.
    ///   - links: the devices' links.
    ///   - tunnels: views of the tunnel server.
    package init(
        status: @escaping @Sendable () async throws -> AdminStatus, isReady: @escaping @Sendable () -> Bool,
        metrics: @escaping @Sendable () -> String, configurationProblems: @escaping @Sendable (String) -> [String],
        importFolder: String, backup: @escaping BackupOperation,
        testWebhook: @escaping @Sendable (String, Requester) async throws -> AdminWebhookTest, links: AdminLinks,
        tunnels: TunnelOperation
    ) {
        self.status = status
        self.isReady = isReady
        self.metrics = metrics
        self.configurationProblems = configurationProblems
        self.importFolder = importFolder
        self.backup = backup
        self.testWebhook = testWebhook
        self.links = links
        self.tunnels = tunnels
    }
}

/// Lets administrators through: whoever the Unix socket's mode let in, or a valid certificate of OU admin.
struct AdminOnly: RouterMiddleware {
    let issuer: Issuer
    let now: @Sendable () -> Int64

    func handle(
        _ request: Request, context: HubContext, next: (Request, HubContext) async throws -> Response
    ) async throws -> Response {
        guard try isAdministrator(context.peer) else { throw refusal(of: context.peer) }
        return try await next(request, context)
    }

    /// A certificate that was issued while the hub's clock was ahead looks right to its holder.
    private func refusal(of peer: Peer) -> AdminError {
        guard let certificate = peer.endedCertificate, certificate.notBefore > now(),
            certificate.subject.organizationalUnits.contains(PeerRole.admin.rawValue)
        else { return .forbidden }
        return .notYetValid(certificate.notBefore)
    }

    func isAdministrator(_ peer: Peer) throws -> Bool {
        if peer.userID != nil { return true }
        guard peer.role == .admin, let certificate = peer.certificate else { return false }
        return issuer.isValid(certificate)
    }
}
