internal import AdminAPI
internal import HubHTTP
internal import Hummingbird
internal import Registry
internal import Updates

extension AdminRoutes {
    /// Bringing releases to devices.
    func addDeployments(to group: RouterGroup<HubContext>) {
        group.get("deployments", use: listDeployments)
        group.post("deployments") { request, context in
            // Room for as many device IDs as a deployment may name.
            let asked = try await JSONBody.decode(AdminNewDeployment.self, from: request, limit: 8 << 20)
            let deployment = try await updates.deploy(try NewDeployment(asked), by: context.peer.requester)
            return try JSONBody.encode(try await view(deployment), status: .created)
        }
        group.get("deployments/:id") { _, context in
            try JSONBody.encode(try await view(try await deployment(context)))
        }
        group.get("deployments/:id/devices", use: listInstallations)
        group.get("deployments/:id/devices/:device/log") { _, context in
            let deployment = try await deployment(context)
            let device = try context.pathParameter("device")
            guard let log = try await updates.log(of: deployment.id, device: device) else {
                throw AdminError.noLog(device, deployment: deployment.id)
            }
            return Response(
                status: .ok, headers: [.contentType: "text/plain; charset=utf-8"],
                body: .init(byteBuffer: .init(string: log)))
        }
        addDeploymentChanges(to: group)
    }

    private func addDeploymentChanges(to group: RouterGroup<HubContext>) {
        group.post("deployments/:id/pause") { _, context in
            try await updates.pause(try await deployment(context).id, by: context.peer.requester)
            return try JSONBody.encode(try await view(try await deployment(context)))
        }
        group.post("deployments/:id/resume") { _, context in
            try await updates.resume(try await deployment(context).id, by: context.peer.requester)
            return try JSONBody.encode(try await view(try await deployment(context)))
        }
        group.post("deployments/:id/abort") { _, context in
            try await updates.abort(try await deployment(context).id, by: context.peer.requester)
            return try JSONBody.encode(try await view(try await deployment(context)))
        }
        group.post("deployments/:id/release") { request, context in
            let deployment = try await deployment(context)
            let asked = try await JSONBody.decode(AdminRelease.self, from: request)
            guard let point = HoldPoint.named(asked.point) else {
                throw AdminError.badRequest("point must be install, reboot or commit")
            }
            guard try await updates.release(point, of: deployment.id, by: context.peer.requester) else {
                throw AdminError.nothingHeld(asked.point, deployment: deployment.id)
            }
            return try JSONBody.encode(try await view(try await self.deployment(context)))
        }
    }

    private func listDeployments(_ request: Request, _ context: HubContext) async throws -> Response {
        let paging = try Paging(request)
        var query = DeploymentQuery()
        if let word = request.uri.queryParameters.get("state") {
            guard let state = Deployment.State(rawValue: word) else {
                throw AdminError.badRequest("state must be pending, inprogress or finished")
            }
            query.state = state
        }
        query.search = request.uri.queryParameters.get("search")
        query.offset = try paging.offset()
        query.limit = paging.limit
        let (deployments, total) = try await updates.deployments(query)
        var views: [AdminDeployment] = []
        for deployment in deployments { views.append(try await view(deployment)) }
        let end = query.offset + deployments.count
        return try JSONBody.encode(AdminPage(items: views, after: end < total ? "\(end)" : nil))
    }

    private func listInstallations(_ request: Request, _ context: HubContext) async throws -> Response {
        let deployment = try await deployment(context)
        let paging = try Paging(request)
        let status = try request.uri.queryParameters.get("state").map { word in
            guard let status = InstallationStatus(rawValue: String(word)) else {
                let known = InstallationStatus.allCases.map(\.rawValue).joined(separator: ", ")
                throw AdminError.badRequest("state must be one of \(known)")
            }
            return status
        }
        let devices = try await updates.devices(
            of: deployment, status: status, after: paging.after, limit: paging.limit)
        let silent: InstallationStatus = deployment.isAborted ? .aborted : .pending
        return try JSONBody.encode(
            AdminPage(
                items: devices.map { device in
                    device.installation.map { AdminInstallation($0) }
                        ?? AdminInstallation(deviceID: device.deviceID, state: silent.rawValue)
                }, after: devices.count == paging.limit ? devices.last?.deviceID : nil))
    }

    private func deployment(_ context: HubContext) async throws -> Deployment {
        try await updates.deployment(try context.pathParameter("id").lowercased())
    }

    /// A deployment with how it stands.
    func view(_ deployment: Deployment) async throws -> AdminDeployment {
        AdminDeployment(deployment, try await updates.statistics(of: deployment), now: registry.journal.now())
    }
}
