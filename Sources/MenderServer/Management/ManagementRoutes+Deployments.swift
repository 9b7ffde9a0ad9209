internal import Devices
internal import Encoding
internal import HTTPTypes
internal import HubHTTP
internal import Hummingbird
internal import Journal
internal import NIOCore
internal import People
internal import Updates
internal import Wire

extension ManagementRoutes {
    private static let deployments = "v1/deployments/deployments"

    /// Deployments (docs/protocols/mender.md 12.5).
    func addDeployments(to group: RouterGroup<HubContext>) {
        for path in [Self.deployments, "v2/deployments/deployments"] {
            group.get(RouterPath(path), use: listDeployments)
        }
        let one = group.group(RouterPath(Self.deployments))
        one.get(":id") { _, context in
            let deployment = try await deployment(context)
            let statistics = try await updates.statistics(of: deployment)
            return MenderBody.answer { writer in
                DeploymentText.write(deployment, statistics, now: journal.now(), to: &writer)
            }
        }
        one.get(":id/statistics") { _, context in
            let statistics = try await updates.statistics(of: try await deployment(context))
            return MenderBody.answer { writer in DeploymentText.write(statistics, to: &writer) }
        }
        one.post("statistics/list", use: listStatistics)
        one.get(":id/devices/list", use: listInstallations)
        one.get(":id/devices", use: listInstallations)
        one.get(":id/device_list") { _, context in
            let targets = try await updates.devices(of: try await deployment(context))
            let known = try await identities.identityIDs(ofDevices: targets)
            let ids = targets.map { known[DeviceID($0)] ?? $0 }
            return MenderBody.answer { writer in writer.array { writer in ids.forEach { writer.string($0) } } }
        }
        one.get(":id/devices/:device/log") { _, context in
            let device = try await record(context.identityID("device"))
            let id = try context.identityID()
            let log = try await updates.log(of: id, device: device)
            guard let log else { throw MenderError.notFound("log not found") }
            return Response(
                status: .ok, headers: [.contentType: "text/plain; charset=utf-8"],
                body: .init(byteBuffer: ByteBuffer(string: log)))
        }
        one.get("devices/:id", use: listHistory)
        addDeploymentChanges(to: group.needing(.operator).group(RouterPath(Self.deployments)))
        group.needing(.operator).post("v2/deployments/deployments") { request, context in
            try await deploy(request, context, group: nil)
        }
    }

    private func addDeploymentChanges(to group: RouterGroup<HubContext>) {
        group.post("") { request, context in try await deploy(request, context, group: nil) }
        group.post("group/:name") { request, context in
            try await deploy(request, context, group: try context.pathParameter("name"))
        }
        group.put(":id/status") { request, context in
            let body = try await MenderBody.json(request, limits: JSONLimits(bytes: 4096))
            guard body["status"]?.string == "aborted" else { throw MenderError.badRequest("status must be aborted") }
            let id = try context.identityID()
            try await updates.abort(id, by: context.requester)
            return Response(status: .noContent)
        }
        group.patch(":id") { request, context in
            let body = try await MenderBody.json(request, limits: ControlMapMessage.limits)
            let id = try context.identityID()
            let map = try MenderBody.checked { () throws(MessageError) in
                try UpdateControlMap(body["update_control_map"] ?? .null)
            }
            try await updates.setHoldPoints(HoldPoints(map).rules, of: id, by: context.requester)
            return Response(status: .noContent)
        }
        group.delete("devices/:id") { _, context in
            try await updates.abortAll(ofDevice: try await record(context.identityID()), by: context.requester)
            return Response(status: .noContent)
        }
        group.delete("devices/:id/history") { _, context in
            try await updates.removeHistory(ofDevice: try await record(context.identityID()), by: context.requester)
            return Response(status: .noContent)
        }
    }

    private func deploy(_ request: Request, _ context: HubContext, group: String?) async throws -> Response {
        let body = try DeploymentBody(try await MenderBody.json(request), group: group)
        var new = body.deployment
        // First, as in the original: a script that names both wrong learns of the release.
        try await updates.checkRelease(body.deployment.artifactName)
        for id in body.devices {
            do {
                new.devices.append(try await record(id.lowercased()))
            } catch {
                throw MenderError.badRequest("no device \(id) is known")
            }
        }
        let made = new
        let deployment = try await updates.deploy(made, by: context.requester)
        return Response(
            status: .created, headers: [.location: "/\(Self.base)/\(Self.deployments)/\(deployment.id)"])
    }

    private func listDeployments(_ request: Request, _ context: HubContext) async throws -> Response {
        let items = try QueryItems(request)
        let page = try PageRequest(request)
        var query = DeploymentQuery()
        if let word = items.first("status") {
            guard let state = Deployment.State(word: word) else {
                throw MenderError.badRequest("status must be pending, inprogress or finished")
            }
            query.state = state
        }
        switch items.first("type") {
        case "software": query.isConfiguration = false
        case "configuration": query.isConfiguration = true
        case nil: break
        default: throw MenderError.badRequest("type must be software or configuration")
        }
        query.search = items.first("search")
        query.name = items.first("name")
        query.ids = items.all("id").filter { !$0.isEmpty }
        query.createdAfter = try items.number("created_after")
        query.createdBefore = try items.number("created_before")
        query.isAscending = items.first("sort") == "asc"
        query.offset = page.offset
        query.limit = page.perPage
        let (deployments, total) = try await updates.deployments(query)
        var shown: [(Deployment, DeploymentStatistics)] = []
        for deployment in deployments { shown.append((deployment, try await updates.statistics(of: deployment))) }
        return MenderBody.answer(headers: page.headers(total: total)) { writer in
            writer.array { writer in
                for (deployment, statistics) in shown {
                    DeploymentText.write(deployment, statistics, now: journal.now(), to: &writer)
                }
            }
        }
    }

    private func listStatistics(_ request: Request, _ context: HubContext) async throws -> Response {
        let body = try await MenderBody.json(request)
        guard let ids = body["deployment_ids"]?.array?.compactMap(\.string), (1...100).contains(ids.count) else {
            throw MenderError.badRequest("deployment_ids must have 1 to 100 numbers")
        }
        var found: [(String, DeploymentStatistics)] = []
        for id in ids {
            let deployment = try await updates.deployment(id.lowercased())
            found.append((deployment.id, try await updates.statistics(of: deployment)))
        }
        return MenderBody.answer { writer in
            writer.array { writer in
                for (id, statistics) in found {
                    writer.object { writer in
                        writer.member("id", id)
                        writer.name("stats")
                        DeploymentText.write(statistics, to: &writer)
                    }
                }
            }
        }
    }

    private func listInstallations(_ request: Request, _ context: HubContext) async throws -> Response {
        let deployment = try await deployment(context)
        let page = try PageRequest(request)
        let statuses = try Self.statuses(try QueryItems(request).first("status"))
        let (installations, total) = try await updates.installations(
            of: deployment, statuses: statuses, offset: page.offset, limit: page.perPage)
        let facts = try await facts(of: installations)
        return MenderBody.answer(headers: page.headers(total: total)) { writer in
            writer.array { writer in
                for installation in installations { write(installation, of: deployment, facts, to: &writer) }
            }
        }
    }

    private func listHistory(_ request: Request, _ context: HubContext) async throws -> Response {
        let device = try await record(context.identityID())
        let page = try PageRequest(request)
        let statuses = try Self.statuses(try QueryItems(request).first("status"))
        let history = try await updates.history(
            ofDevice: device, statuses: statuses, offset: page.offset, limit: page.perPage + 1)
        var shown: [(Installation, Deployment, DeploymentStatistics)] = []
        for (installation, deployment) in history.prefix(page.perPage) {
            shown.append((installation, deployment, try await updates.statistics(of: deployment)))
        }
        let facts = try await facts(of: shown.map(\.0))
        return MenderBody.answer(headers: page.headers(hasMore: history.count > page.perPage)) { writer in
            writer.array { writer in
                for (installation, deployment, statistics) in shown {
                    writer.object { writer in
                        writer.member("id", deployment.id)
                        writer.name("deployment")
                        DeploymentText.write(deployment, statistics, now: journal.now(), to: &writer)
                        writer.name("device")
                        write(installation, of: deployment, facts, to: &writer)
                    }
                }
            }
        }
    }

    /// What a list of installations names beside them.
    private struct InstallationFacts {
        let identities: [DeviceID: DeviceIdentity]
        let artifacts: [String: StoredArtifact]
    }

    private func facts(of installations: [Installation]) async throws -> InstallationFacts {
        InstallationFacts(
            identities: try await identities.identities(ofDevices: installations.map(\.deviceID)),
            artifacts: try await artifacts.artifacts(installations.compactMap(\.artifactID)))
    }

    private func write(
        _ installation: Installation, of deployment: Deployment, _ facts: InstallationFacts, to writer: inout JSONWriter
    ) {
        DeploymentText.write(
            installation, id: facts.identities[DeviceID(installation.deviceID)]?.id ?? installation.deviceID,
            artifact: installation.artifactID.flatMap { facts.artifacts[$0] }, retries: deployment.plan.retries,
            to: &writer)
    }

    private func deployment(_ context: HubContext) async throws -> Deployment {
        let id = try context.identityID()
        return try await updates.deployment(id)
    }

    /// The states a query's word means: one, or all of a kind.
    private static func statuses(_ word: String?) throws -> [InstallationStatus] {
        switch word {
        case nil: return []
        case "pause": return InstallationStatus.allCases.filter(\.isPaused)
        case "active": return InstallationStatus.allCases.filter { !$0.isFinished && $0 != .pending && !$0.isPaused }
        case "finished": return InstallationStatus.allCases.filter(\.isFinished)
        case let word?:
            guard let status = DeploymentStatus(rawValue: word) else {
                throw MenderError.badRequest("unknown status")
            }
            return [InstallationStatus(status)]
        }
    }

    /// The record behind a UUID.
    func record(_ identityID: String) async throws -> String {
        guard let identity = try await identities.identity(identityID) else { throw Self.unknownDevice }
        return identity.deviceID
    }
}
