package import Devices
internal import HTTPTypes
package import HubHTTP
package import Hummingbird
package import Journal
package import Updates

/// What devices of the update protocol ask (docs/protocols/mender.md 1 to 8): authentication, deployments, downloads.
///
/// All but the authentication and the download carry a token; a download's link carries its own authority.
package struct DeviceRoutes: Sendable {
    let journal: Journal
    let identities: Identities
    let inventory: Inventory
    let configurations: Configurations
    let updates: Updates
    let artifacts: Artifacts
    let origin: @Sendable (Request, HubContext) -> String
    private let authentication: DeviceAuthenticationRoute
    private let polls: RequestLimiter

    /// Where every path begins; the version follows.
    static let base = "api/devices"

    /// Serves devices.
    ///
    /// - Parameters:
    ///   - origin: scheme, host and port of links in the answer to a request.
    ///   - limits: calls each device or address may make.
    package init(
        updates: Updates, artifacts: Artifacts, journal: Journal, identities: Identities, inventory: Inventory,
        configurations: Configurations, limits: MenderLimits = MenderLimits(),
        origin: @escaping @Sendable (Request, HubContext) -> String
    ) {
        self.journal = journal
        (self.identities, self.inventory, self.configurations) = (identities, inventory, configurations)
        (self.updates, self.artifacts) = (updates, artifacts)
        self.origin = origin
        authentication = DeviceAuthenticationRoute(
            identities: identities,
            limiter: RequestLimiter(perMinute: limits.authenticationsPerMinute, now: journal.steady))
        polls = RequestLimiter(perMinute: limits.pollsPerMinute, now: journal.steady)
    }

    package func add(to router: Router<HubContext>) {
        let group = router.group(RouterPath(Self.base)).add(middleware: MenderAnswers())
        group.post("v1/authentication/auth_requests") { request, context in
            try await authentication.answer(request, context: context)
        }
        addReports(to: group)
        addDeployments(to: group)
        addDownloads(to: group)
    }

    /// Which device asks.
    ///
    /// - Throws: 401 for no token or one that is not valid.
    @Sendable package func session(_ request: Request, _ context: HubContext) async throws -> DeviceSession {
        guard let token = BearerToken.read(request), let session = try await identities.session(deviceToken: token)
        else {
            throw MenderError.unauthorized("invalid token")
        }
        return session
    }

    /// Counts a poll of a device.
    func checkRate(_ session: DeviceSession) throws {
        if let seconds = polls.refusal(for: session.deviceID) { throw MenderError.tooMany(seconds: seconds) }
    }
}

/// Calls of one minute; 0 for any number. Reports of a running deployment are never refused (docs/protocols/mender.md
/// 7.4).
package struct MenderLimits: Sendable, Equatable {
    /// Requests for a token from one address.
    package var authenticationsPerMinute = 300
    /// Questions for a deployment from one device.
    package var pollsPerMinute = 60

    package init() {}
}

extension DeviceSession {
    /// The device as the audit trail names it.
    func requester(_ context: HubContext) -> Requester {
        Requester(name: "device \(deviceID)", address: context.peer.address)
    }
}
