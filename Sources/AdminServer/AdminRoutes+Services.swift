internal import AdminAPI
internal import HubHTTP
internal import Hummingbird
internal import Reach

extension AdminRoutes {
    func addServices(to group: RouterGroup<HubContext>) {
        group.serve(ServiceEndpoints.list) { _ in
            let services = try await reach.services().map {
                AdminService(name: $0.name, url: $0.url, ou: $0.ou)
            }
            return AdminPage(items: services, after: nil)
        }
        group.serve(ServiceEndpoints.add) { request in
            let service = try await request.body()
            try await reach.addService(
                ServiceEntry(name: service.name, url: service.url, ou: service.ou), by: request.requester)
            return service
        }
        group.serve(ServiceEndpoints.remove) { request in
            try await reach.removeService(request.parameters, by: request.requester)
        }
    }
}
