internal import Devices
internal import Encoding
internal import HTTPTypes
internal import HubHTTP
internal import Hummingbird
internal import Journal
internal import NIOCore
internal import People
internal import Presence
internal import Updates
internal import WebSockets
internal import Wire

extension ManagementRoutes {
    /// The device link from the operator's side (docs/protocols/mender.md 12.6, 13.5).
    func addLink(to group: RouterGroup<HubContext>) {
        let all = group.group("v1/deviceconnect/devices/:id")
        all.get("") { _, context in try await linkStatus(identity(context)) }
        let group = all.needing(.operator)
        group.get("connect") { request, context in try await connect(request, context) }
        for (path, message) in [("check-update", LinkMessage.updateWaits), ("send-inventory", .reportInventory)] {
            group.post(RouterPath(path)) { _, context in
                try await link(context).tell(message, by: try visitor(context))
                return Response(
                    status: .accepted, headers: [.contentType: "application/json"],
                    body: .init(byteBuffer: ByteBuffer(string: "null")))
            }
        }
        group.get("download") { request, context in try await download(request, context) }
        group.put("upload") { request, context in try await upload(request, context) }
    }

    private func linkStatus(_ identity: DeviceIdentity) -> Response {
        let standing = links.presence.standing(DeviceID(identity.deviceID))
        let status = standing.map { $0.isConnected ? "connected" : "disconnected" } ?? "unknown"
        return MenderBody.answer { writer in
            writer.object { writer in
                writer.member("device_id", identity.id)
                writer.member("status", status)
                writer.member("created_ts", RFC3339.text(identity.createdAt))
                writer.member("updated_ts", RFC3339.text(standing?.since ?? identity.updatedAt))
            }
        }
    }

    private func connect(_ request: Request, _ context: HubContext) async throws -> Response {
        let device = try await identity(context)
        guard links.presence.standing(DeviceID(device.deviceID))?.isConnected == true else {
            throw MenderError.notFound(LinkError.notConnected.message)
        }
        let visitor = try visitor(context)
        return try WebSocketUpgrade.response(
            to: request, subprotocols: [LinkEnvelope.subprotocol], limits: DeviceLinks.limits
        ) { [links, authentication = UserAuthentication(people: people)] socket in
            try await links.serve(visitor, on: device.deviceID, over: socket) {
                (try? await authentication.stillIncludes(.operator, request, context)) ?? false
            }
        }
    }

    private func download(_ request: Request, _ context: HubContext) async throws -> Response {
        let path = try Self.absolute(request.uri.queryParameters.get("path"))
        let files = try await files(context)
        let file: RemoteFile
        let content: any RemoteContent
        do {
            file = try await files.describe(path)
            content = try await files.read(path)
        } catch {
            await files.finish()
            throw error
        }
        return Response(
            status: .ok, headers: Self.headers(of: file, path: path),
            body: ResponseBody { writer in
                do {
                    try await content.receive { chunk in try await writer.write(ByteBuffer(bytes: chunk)) }
                } catch {
                    await files.finish()
                    throw error
                }
                await files.finish()
                try await writer.finish(nil)
            })
    }

    private func upload(_ request: Request, _ context: HubContext) async throws -> Response {
        let files = try await files(context)
        do {
            var form = try FormEvents(request)
            try await send(&form, to: files) {
                // The form may have taken an hour: who lost the right meanwhile sends nothing to the device.
                let isOperator = try await UserAuthentication(people: people).stillIncludes(.operator, request, context)
                guard isOperator else { throw MenderError.forbidden }
            }
        } catch UpdatesError.tooLarge(_, let limit) {
            await files.finish()
            throw MenderError.partTooLarge("the file", limit: limit)
        } catch {
            await files.finish()
            throw error
        }
        await files.finish()
        return Response(status: .created)
    }

    /// Fields in any order. When the rights come before the file, it is passed on as it comes; mender-cli sends them
    /// behind it, and the device wants to know them first, so such a file waits on the hub until the form is complete.
    private func send(
        _ form: inout FormEvents, to files: any RemoteFiles, checkingRight check: () async throws -> Void
    ) async throws {
        var file = RemoteFile(path: "")
        var held: HeldFile?
        while case .part(let name) = try await form.next() {
            switch name {
            case "path": file.path = try Self.absolute(await form.text())
            case "uid": file.userID = try Self.number(await form.text(), radix: 10)
            case "gid": file.groupID = try Self.number(await form.text(), radix: 10)
            case "mode": file.mode = try Self.number(await form.text(), radix: 8) & 0o7777
            case "file":
                guard !file.path.isEmpty else { throw MenderError.badRequest("path must come before file") }
                guard held == nil else { throw MenderError.badRequest("file is given twice") }
                guard file.mode == nil else { return try await Self.pass(&form, as: file, to: files) }
                held = try await HeldFile(&form, artifacts)
            default: _ = try await form.text()
            }
        }
        guard let held else { throw MenderError.badRequest("file must be given") }
        try await check()
        try await held.send(file, to: files)
    }

    private static func pass(
        _ form: inout FormEvents, as file: RemoteFile, to files: any RemoteFiles
    ) async throws {
        try await files.write(file) {
            guard case .content(let bytes) = try await form.next() else { return nil }
            return bytes
        }
    }

    private static func number(_ text: String, radix: Int) throws(MenderError) -> Int64 {
        guard let number = UInt32(text, radix: radix) else { throw .badRequest("uid, gid and mode must be numbers") }
        return Int64(number)
    }

    private static func absolute(_ path: String?) throws(MenderError) -> String {
        guard let path, path.hasPrefix("/"), path.utf8.count <= 4096, !path.utf8.contains(0) else {
            throw .badRequest("path must be absolute")
        }
        return path
    }

    private static func headers(of file: RemoteFile, path: String) -> HTTPFields {
        let name = path.split(separator: "/").last.map(String.init) ?? "file"
        let plain = String(decoding: name.utf8.map { Self.isPlain($0) ? $0 : UInt8(ascii: "_") }, as: UTF8.self)
        var headers: HTTPFields = [
            .contentType: "application/octet-stream", .contentDisposition: "attachment; filename=\"\(plain)\"",
        ]
        let isASCII = path.utf8.allSatisfy { (0x20...0x7E).contains($0) }
        headers[.menderFile("Path")] = isASCII ? path : PercentEncoding.encode(path)
        headers[.menderFile("UID")] = file.userID.map { "\($0)" }
        headers[.menderFile("GID")] = file.groupID.map { "\($0)" }
        headers[.menderFile("Mode")] = file.mode.map { String($0, radix: 8) }
        headers[.menderFile("Size")] = file.size.map { "\($0)" }
        return headers
    }

    /// Letters, digits, `.`, `-`, `_`, `+` and space.
    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x20, 0x2B, 0x2D, 0x2E, 0x5F: true
        default: false
        }
    }

    // MARK: - Who and whom

    private func identity(_ context: HubContext) async throws -> DeviceIdentity {
        let id = try context.pathParameter("id")
        guard UniqueID.isValid(id), let identity = try await identities.identity(id.lowercased()) else {
            throw MenderError.notFound("device not found")
        }
        return identity
    }

    /// The link of the device that the path names.
    private func link(_ context: HubContext) async throws -> any DeviceLink {
        try links.presence.link(DeviceID(try await identity(context).deviceID))
    }

    private func files(_ context: HubContext) async throws -> any RemoteFiles {
        try links.presence.link(DeviceID(try await identity(context).deviceID), for: .files)
            .files(by: try visitor(context))
    }

    private func visitor(_ context: HubContext) throws -> LinkVisitor {
        let user = try context.session()
        var right = LinkRight.connection
        if let userID = user.userID, let tokenID = user.tokenID {
            right = .token(tokenID, user: userID, until: user.endsAt)
        }
        return LinkVisitor(id: user.userID ?? user.name, requester: context.requester, right: right)
    }
}

extension HTTPField.Name {
    fileprivate static func menderFile(_ what: String) -> Self {
        guard let name = Self("X-MEN-File-\(what)") else { preconditionFailure("a header's name") }
        return name
    }
}
