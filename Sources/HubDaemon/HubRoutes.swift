internal import AdminServer
package import HubHTTP
package import Hummingbird
internal import IDProvServer

/// Which protocols each listener carries.
package struct HubRoutes {
    private let hub: Hub

    /// The routes of a hub.
    package init(hub: Hub) {
        self.hub = hub
    }

    /// What the TLS listener answers.
    package func network() -> Router<HubContext> {
        let router = Router(context: HubContext.self)
        router.add(middleware: ErrorMiddleware())
        let directory = DirectoryDocument(issuer: hub.issuer, ownServices: { [:] })
        IDProvRoutes(issuer: hub.issuer, directory: directory).add(to: router)
        AdminRoutes(issuer: hub.issuer, operation: operation).add(to: router)
        return router
    }

    /// What the Unix socket answers.
    package func local() -> Router<HubContext> {
        let router = Router(context: HubContext.self)
        router.add(middleware: ErrorMiddleware())
        AdminRoutes(issuer: hub.issuer, operation: operation).add(to: router)
        return router
    }

    private var operation: AdminOperation {
        AdminOperation(
            status: { [hub] in try await HubStatus(hub: hub).view() }, isReady: { [hub] in hub.readiness.isReady },
            metrics: { [hub] in hub.metrics.text },
            configurationProblems: { ConfigurationLoader.problems(inFile: $0) }, importFolder: hub.state.imports,
            testWebhook: { [hub] id, requester in try await WebhookTest(hub: hub).run(id, by: requester) })
    }
}
