internal import AdminAPI
internal import Devices
internal import HubHTTP
internal import Hummingbird
internal import Journal
internal import Updates
internal import Wire

extension AdminRoutes {
    /// Bringing releases to devices.
    func addDeployments(to group: RouterGroup<HubContext>) {
        group.serve(DeploymentEndpoints.list) { request in try await list(request.query) }
        group.serve(DeploymentEndpoints.create) { request in
            // Room for as many device IDs as a deployment may name.
            let wish = try await request.body(limit: 8 << 20)
            return try await view(try await updates.deploy(try NewDeployment(wish), by: request.requester))
        }
        group.serve(DeploymentEndpoints.show) { request in try await view(try await deployment(request.parameters)) }
        group.serve(DeploymentEndpoints.devices) { request in
            try await list(request.query, of: try await deployment(request.parameters))
        }
        group.serve(DeploymentEndpoints.log) { request in
            let deployment = try await deployment(request.parameters.deployment)
            let device = request.parameters.device
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
        group.serve(DeploymentEndpoints.pause) { request in
            try await updates.pause(try await deployment(request.parameters).id, by: request.requester)
            return try await view(try await deployment(request.parameters))
        }
        group.serve(DeploymentEndpoints.resume) { request in
            try await updates.resume(try await deployment(request.parameters).id, by: request.requester)
            return try await view(try await deployment(request.parameters))
        }
        group.serve(DeploymentEndpoints.abort) { request in
            try await updates.abort(try await deployment(request.parameters).id, by: request.requester)
            return try await view(try await deployment(request.parameters))
        }
        group.serve(DeploymentEndpoints.release) { request in
            let deployment = try await deployment(request.parameters)
            let release = try await request.body()
            let point = try HoldPoints.Point(checking: release.point)
            guard try await updates.release(point, of: deployment.id, by: request.requester) else {
                throw AdminError.nothingHeld(release.point, deployment: deployment.id)
            }
            return try await view(try await self.deployment(request.parameters))
        }
    }

    private func list(_ request: AdminDeploymentQuery) async throws -> AdminPage<AdminDeployment> {
        let paging = try Paging(request)
        var query = DeploymentQuery()
        if let word = request.state {
            guard let state = Deployment.State(word: word) else {
                throw AdminError.badRequest("state must be pending, inprogress or finished")
            }
            query.state = state
        }
        query.search = request.search
        query.offset = try paging.offset()
        query.limit = paging.limit
        let (deployments, total) = try await updates.deployments(query)
        var views: [AdminDeployment] = []
        for deployment in deployments { views.append(try await view(deployment)) }
        let end = query.offset + deployments.count
        return AdminPage(items: views, after: end < total ? "\(end)" : nil)
    }

    private func list(
        _ query: InstallationQuery, of deployment: Deployment
    ) async throws -> AdminPage<AdminInstallation> {
        let paging = try Paging(query)
        let status = try query.state.map { word in
            guard let status = InstallationStatus(word: word) else {
                let known = InstallationStatus.allCases.map(\.word).joined(separator: ", ")
                throw AdminError.badRequest("state must be one of \(known)")
            }
            return status
        }
        let devices = try await updates.devices(
            of: deployment, status: status, after: paging.after, limit: paging.limit)
        let silent: InstallationStatus = deployment.isAborted ? .aborted : .pending
        let progress = updates.progress(of: deployment.id)
        return AdminPage(
            items: devices.map { device in
                device.installation.map { AdminInstallation($0, progress: progress[DeviceID(device.deviceID)]) }
                    ?? AdminInstallation(deviceID: device.deviceID, state: silent.word)
            }, after: devices.count == paging.limit ? devices.last?.deviceID : nil)
    }

    private func deployment(_ id: String) async throws -> Deployment {
        try await updates.deployment(id.lowercased())
    }

    /// A deployment with its current state.
    func view(_ deployment: Deployment) async throws -> AdminDeployment {
        AdminDeployment(deployment, try await updates.statistics(of: deployment), now: journal.now())
    }
}
