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
        return router
    }

    /// What the Unix socket answers.
    package func local() -> Router<HubContext> {
        let router = Router(context: HubContext.self)
        router.add(middleware: ErrorMiddleware())
        return router
    }
}
