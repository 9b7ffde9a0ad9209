internal import Encoding
internal import HTTPTypes
internal import HubHTTP
internal import Hummingbird
internal import NIOCore
internal import Registry
internal import Updates

extension DeviceRoutes {
    private static let deployments = "deployments/device/deployments"

    func addDeployments(to group: RouterGroup<HubContext>) {
        group.post(RouterPath("v2/\(Self.deployments)/next")) { request, context in
            let session = try session(request, context)
            try checkRate(session)
            let report = try DeviceReport(v2: try await MenderBody.deviceJSON(request, limits: DeviceReport.limits))
            return try await answer(report, session, request, context)
        }
        group.post(RouterPath("v1/\(Self.deployments)/next")) { request, context in
            let session = try session(request, context)
            try checkRate(session)
            let report = try DeviceReport(v1: try await MenderBody.deviceJSON(request, limits: DeviceReport.limits))
            return try await answer(report, session, request, context)
        }
        group.get(RouterPath("v1/\(Self.deployments)/next")) { request, context in
            let session = try session(request, context)
            try checkRate(session)
            return try await answer(try DeviceReport(query: try QueryItems(request)), session, request, context)
        }
        group.put(RouterPath("v1/\(Self.deployments)/:id/status"), use: takeReport)
        group.put(RouterPath("v1/\(Self.deployments)/:id/log"), use: takeLog)
        group.get(RouterPath("v2/\(Self.deployments)/:id/update_control_map"), use: showControlMap)
    }

    private func answer(
        _ report: DeviceReport, _ session: DeviceSession, _ request: Request, _ context: HubContext
    ) async throws -> Response {
        let instructions: Instructions?
        do {
            instructions = try await updates.next(
                session.deviceID, provided: report.provided, takesControlMap: report.takesControlMap,
                by: session.requester(context))
        } catch UpdatesError.conflictingReport {
            throw MenderError.conflict("Device provided conflicting request data")
        }
        guard let instructions else { return Response(status: .noContent) }
        return MenderBody.answer { writer in
            write(instructions, report, session, link: origin(request, context), to: &writer)
        }
    }

    private func write(
        _ instructions: Instructions, _ report: DeviceReport, _ session: DeviceSession, link origin: String,
        to writer: inout JSONWriter
    ) {
        let deployment = instructions.deployment
        writer.object { writer in
            writer.member("id", deployment.id)
            writer.name("artifact")
            writer.object { writer in
                writer.member("id", instructions.artifact?.id ?? deployment.id)
                writer.member("artifact_name", instructions.artifact?.name ?? deployment.artifactName)
                writer.name("device_types_compatible")
                writer.array { writer in
                    for type in instructions.artifact?.deviceTypes ?? [report.deviceType] { writer.string(type) }
                }
                writer.name("source")
                writeSource(instructions, session, origin, to: &writer)
            }
            writer.member("type", deployment.isConfiguration ? "configuration" : "software")
            if report.takesControlMap, let map = deployment.plan.controlMap {
                writer.name("update_control_map")
                map.write(to: &writer, id: deployment.id)
            }
        }
    }

    private func writeSource(
        _ instructions: Instructions, _ session: DeviceSession, _ origin: String, to writer: inout JSONWriter
    ) {
        let kind: DownloadKind = instructions.artifact == nil ? .configuration : .artifact
        let link = updates.link(
            to: kind.subject(instructions.artifact?.id ?? instructions.deployment.id), for: session.deviceID,
            key: session.authSetID, seconds: updates.limits.linkSeconds)
        writer.object { writer in
            writer.member("uri", origin + kind.path(link))
            writer.member("expire", RFC3339.text(link.expiresAt))
        }
    }

    private func takeReport(_ request: Request, _ context: HubContext) async throws -> Response {
        let session = try session(request, context)
        let body = try await MenderBody.deviceJSON(request, limits: JSONLimits(bytes: 64 * 1024))
        guard let status = body["status"]?.string.flatMap(InstallationStatus.init), status.isReportable else {
            throw MenderError.badRequest("unknown status")
        }
        do {
            try await updates.report(
                status, substate: String((body["substate"]?.string ?? "").prefix(200)),
                of: try context.pathParameter("id"), device: session.deviceID, by: session.requester(context))
        } catch UpdatesError.notForDevice {
            throw MenderError.notFound("Resource not found")
        } catch UpdatesError.aborted {
            throw MenderError.conflict("Deployment aborted")
        } catch UpdatesError.decommissioned {
            throw MenderError.conflict("Device decommissioned")
        }
        return Response(status: .noContent)
    }

    private func takeLog(_ request: Request, _ context: HubContext) async throws -> Response {
        let session = try session(request, context)
        let text = try DeviceLog.text(of: try await MenderBody.deviceJSON(request, limits: DeviceLog.limits))
        do {
            try await updates.keepLog(text, of: try context.pathParameter("id"), device: session.deviceID)
        } catch UpdatesError.unknownDeployment {
            throw MenderError.notFound("Deployment not found")
        }
        return Response(status: .noContent)
    }

    private func showControlMap(_ request: Request, _ context: HubContext) async throws -> Response {
        let session = try session(request, context)
        let id = try context.pathParameter("id")
        let map: ControlMap
        do {
            map = try updates.controlMap(of: id, device: session.deviceID)
        } catch is UpdatesError {
            throw MenderError.notFound("Deployment not found")
        }
        return MenderBody.answer { writer in
            writer.object { writer in
                writer.name("update_control_map")
                map.write(to: &writer, id: id)
            }
        }
    }
}
