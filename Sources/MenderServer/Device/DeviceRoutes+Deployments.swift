internal import Devices
internal import Encoding
internal import HTTPTypes
internal import HubHTTP
internal import Hummingbird
internal import NIOCore
internal import Updates
internal import Wire

extension DeviceRoutes {
    private static let deployments = "deployments/device/deployments"

    func addDeployments(to group: RouterGroup<HubContext>) {
        group.post(RouterPath("v2/\(Self.deployments)/next")) { request, context in
            let session = try await session(request, context)
            try checkRate(session)
            return try await answer(try await Self.question(request, .two), session, request, context)
        }
        group.post(RouterPath("v1/\(Self.deployments)/next")) { request, context in
            let session = try await session(request, context)
            try checkRate(session)
            return try await answer(try await Self.question(request, .one), session, request, context)
        }
        group.get(RouterPath("v1/\(Self.deployments)/next")) { request, context in
            let session = try await session(request, context)
            try checkRate(session)
            var values: [String: String] = [:]
            for item in try QueryItems(request).items { values[item.name] = item.value }
            let question = try MenderBody.checked { () throws(MessageError) in try UpdateRequest(values: values) }
            return try await answer(question, session, request, context)
        }
        group.put(RouterPath("v1/\(Self.deployments)/:id/status"), use: takeReport)
        group.put(RouterPath("v1/\(Self.deployments)/:id/log"), use: takeLog)
        group.get(RouterPath("v2/\(Self.deployments)/:id/update_control_map"), use: showControlMap)
    }

    private static func question(_ request: Request, _ version: UpdateRequest.Version) async throws -> UpdateRequest {
        try await MenderBody.message(request, limits: UpdateRequest.limits) { bytes throws(MessageError) in
            try UpdateRequest(parsing: bytes, version: version)
        }
    }

    private func answer(
        _ question: UpdateRequest, _ session: DeviceSession, _ request: Request, _ context: HubContext
    ) async throws -> Response {
        let instructions: Instructions?
        do {
            instructions = try await updates.next(
                session.deviceID, DeviceReport(question), by: session.requester(context))
        } catch UpdatesError.conflictingReport {
            throw MenderError.conflict("Device provided conflicting request data")
        }
        guard let instructions else { return Response(status: .noContent) }
        return MenderBody.answer(
            message(instructions, to: question, session, link: origin(request, context)).encoded())
    }

    private func message(
        _ instructions: Instructions, to question: UpdateRequest, _ session: DeviceSession, link origin: String
    ) -> UpdateInstructions {
        let deployment = instructions.deployment
        let artifact = instructions.artifact
        var message = UpdateInstructions(
            id: deployment.id, artifactID: artifact?.id ?? deployment.id,
            artifactName: artifact?.name ?? deployment.artifactName,
            deviceTypes: artifact?.deviceTypes ?? [question.deviceType],
            source: source(of: instructions, session, origin),
            kind: deployment.isConfiguration ? .configuration : .software)
        if question.takesControlMap, let points = deployment.plan.holdPoints {
            message.controlMap = UpdateControlMap(points, id: deployment.id)
        }
        return message
    }

    private func source(
        of instructions: Instructions, _ session: DeviceSession, _ origin: String
    ) -> UpdateInstructions.Source {
        let kind: DownloadKind = instructions.artifact == nil ? .configuration : .artifact
        let link = updates.link(
            to: kind.subject(instructions.artifact?.id ?? instructions.deployment.id), for: session.deviceID,
            key: session.authSetID, seconds: updates.limits.linkSeconds)
        return UpdateInstructions.Source(uri: origin + kind.path(link), expiresAt: link.expiresAt)
    }

    private func takeReport(_ request: Request, _ context: HubContext) async throws -> Response {
        let session = try await session(request, context)
        let report = try await MenderBody.message(request, limits: StatusReport.limits, StatusReport.init)
        let status = InstallationStatus(report.status)
        guard status.isReportable else { throw MenderError.badRequest("unknown status") }
        do {
            try await updates.report(
                status, substate: String(report.substate.prefix(200)),
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
        let session = try await session(request, context)
        let report = try await MenderBody.message(request, limits: LogReport.limits, LogReport.init)
        do {
            try await updates.keepLog(
                DeviceLog.text(of: report), of: try context.pathParameter("id"), device: session.deviceID)
        } catch UpdatesError.unknownDeployment {
            throw MenderError.notFound("Deployment not found")
        }
        return Response(status: .noContent)
    }

    private func showControlMap(_ request: Request, _ context: HubContext) async throws -> Response {
        let session = try await session(request, context)
        let id = try context.pathParameter("id")
        let points: HoldPoints
        do {
            points = try await updates.holdPoints(of: id, device: session.deviceID)
        } catch is UpdatesError {
            throw MenderError.notFound("Deployment not found")
        }
        return MenderBody.answer(ControlMapMessage(UpdateControlMap(points, id: id)).encoded())
    }
}
