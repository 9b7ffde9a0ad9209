internal import Encoding
internal import HTTPTypes
internal import HubHTTP
internal import Hummingbird
internal import NIOCore
internal import People

extension ManagementRoutes {
    /// What programs keep for people, and tokens for scripts (docs/protocols/mender.md 12.1).
    func addUserSettings(to group: RouterGroup<HubContext>) {
        let group = group.group("v1/useradm/settings")
        group.get("") { _, _ in Self.answer(try await people.userSettings(of: nil)) }
        group.needing(.admin).post("") { request, context in
            try await save(request, of: nil, context)
        }
        group.get("me") { _, context in
            Self.answer(try await people.userSettings(of: try ownID(context)))
        }
        group.post("me") { request, context in
            try await save(request, of: try ownID(context), context)
        }
        addTokens(to: group)
    }

    private func addTokens(to group: RouterGroup<HubContext>) {
        group.get("tokens") { _, context in
            let tokens = try await people.userTokens(of: try ownID(context))
            return MenderBody.answer { writer in
                writer.array { writer in tokens.forEach { Self.write($0, to: &writer) } }
            }
        }
        group.post("tokens") { request, context in
            let body = try await MenderBody.json(request, limits: JSONLimits(bytes: 4096))
            guard let name = body["name"]?.string else { throw MenderError.badRequest("name must be given") }
            let seconds = body["expires_in"].map(\.integer) ?? People.longestTokenSeconds
            guard let seconds else { throw MenderError.badRequest("expires_in must be a number of seconds") }
            return Self.token(
                try await people.addUserToken(
                    name, seconds: seconds, ofUser: try ownID(context), by: context.requester, claims: Self.claims))
        }
        group.delete("tokens/:id") { _, context in
            try await people.removeUserToken(
                context.pathParameter("id"), ofUser: try ownID(context), by: context.requester)
            return Response(status: .noContent)
        }
    }

    private func save(_ request: Request, of userID: String?, _ context: HubContext) async throws -> Response {
        let body = try await MenderBody.json(
            request, limits: JSONLimits(bytes: 64 * 1024, depth: 16, values: 4096))
        guard body.members != nil else { throw MenderError.badRequest("settings must be a JSON object") }
        guard
            try await people.setUserSettings(
                String(decoding: body.encoded(), as: UTF8.self), of: userID, ifMatch: EntityTag.expected(by: request),
                by: context.requester)
        else { throw MenderError.preconditionFailed }
        return Response(status: .created)
    }

    private static func answer(_ settings: UserSettings) -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/json", .eTag: EntityTag.header(settings.tag)],
            body: .init(byteBuffer: ByteBuffer(string: settings.json)))
    }

    private static func write(_ token: UserToken, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", token.id)
            writer.member("name", token.name ?? "")
            writer.member("created_ts", RFC3339.text(token.createdAt))
            if let end = token.endsAt { writer.member("expiration_date", RFC3339.text(end)) }
        }
    }
}

/// Entity tags (RFC 9110 section 8.8.3), strong ones only.
enum EntityTag {
    static func header(_ tag: String) -> String { "\"\(tag)\"" }

    /// What `If-Match` wants, without quotes, which some programs leave out; `nil` when anything is right.
    static func expected(by request: Request) -> String? {
        guard let value = request.headers[.ifMatch], value != "*" else { return nil }
        return value.filter { $0 != "\"" && $0 != " " }
    }
}
