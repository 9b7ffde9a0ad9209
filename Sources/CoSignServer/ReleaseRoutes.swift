internal import CoSigning
internal import Encoding
internal import HTTPTypes
package import HubHTTP
package import Hummingbird
internal import Journal
package import Releases

/// Releases as publishers' servers and operators handle them (docs/protocols/cosign.md 6).
package struct ReleaseRoutes: Sendable {
    private let releases: Releases
    private let failures: TokenFailures

    package init(releases: Releases, failures: TokenFailures) {
        (self.releases, self.failures) = (releases, failures)
    }

    package func add(to router: Router<HubContext>) {
        let group = router.group("cosign/v1").add(middleware: ErrorAnswers(CoSignForm()))
        group.post("projects/:project/releases", use: publish)
        group.get("releases") { request, context in
            try Self.requireAdministrator(context)
            let records = try await releases.releases(
                project: request.query("project"), stream: request.query("stream"))
            return CoSignAnswer.json(.array(records.map(Self.json)))
        }
        for (name, state) in [("approve", ReleaseState.approved), ("withdraw", .withdrawn)] {
            group.post("releases/:id/\(name)") { request, context in
                try Self.requireAdministrator(context)
                try FormType.refuse(request, instead: "application/json")
                let record = try await releases.setState(
                    state, of: try context.pathParameter("id"), by: context.peer.requester)
                return CoSignAnswer.json {
                    $0.member("id", record.id)
                    $0.member("state", record.state.rawValue)
                }
            }
        }
    }

    static func requireAdministrator(_ context: HubContext) throws(CoSignRefusal) {
        guard context.peer.role == .admin || context.peer.userID != nil else { throw .unauthenticated }
    }

    private func publish(_ request: Request, context: HubContext) async throws -> Response {
        let project = try context.pathParameter("project")
        guard try await releases.snapshot(project) != nil else { throw CoSignRefusal.unknownProject }
        let token = BearerToken.read(request)
        let requester = context.peer.requester
        let published: (release: ReleaseRecord, isNew: Bool)
        if let token {
            try failures.check(requester)
            let body = try await CoSignBody.read(request)
            do {
                published = try await releases.publish(
                    CoSignRequest(
                        caller: CallerToken.claimedCaller(token: token) ?? "", author: .server, token: token,
                        body: body), project: project, by: requester)
            } catch let refusal as CoSignRefusal {
                failures.note(refusal, requester)
                throw refusal
            }
        } else {
            try Self.requireAdministrator(context)
            published = try await releases.publish(
                try await CoSignBody.read(request), project: project, by: requester)
        }
        var answer = CoSignAnswer.json(Self.json(published.release))
        if published.isNew { answer.status = .created }
        return answer
    }

    /// A release as it is listed.
    static func json(_ record: ReleaseRecord) -> JSONValue {
        .object([
            .init("id", .string(record.id)), .init("project", .string(record.projectID)),
            .init("stream", .string(record.stream)), .init("seq", .number("\(record.sequence)")),
            .init("version", .string(record.version)), .init("state", .string(record.state.rawValue)),
            .init("sha256", .string(record.sha256)), .init("size", .number("\(record.size)")),
            .init("project_key", .string(record.projectKey)), .init("exp", .number("\(record.endsAt)")),
            .init("uploaded_by", .string(record.uploadedBy)), .init("created_at", .number("\(record.createdAt)")),
        ])
    }
}
