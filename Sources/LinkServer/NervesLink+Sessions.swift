internal import Encoding
internal import Journal
internal import PKI
internal import Presence
internal import Wire

/// What operators do on the device: shells, files, scripts.
extension NervesLink {
    func files(by visitor: LinkVisitor) throws(LinkError) -> any RemoteFiles {
        guard abilities.contains(.shell) else { throw .unsupported }
        return ConsoleFiles(
            self, visitor,
            SessionRecord(presence, device: device, session: UniqueID.make(), by: visitor.requester))
    }

    func open(_ target: LinkTarget, by visitor: LinkVisitor) async throws -> any LinkStream {
        guard case .shell(let columns, let rows) = target, abilities.contains(.shell) else {
            throw LinkError.unsupported
        }
        let id = UniqueID.make()
        let record = SessionRecord(presence, device: device, session: id, by: visitor.requester)
        try await record.begin(.shell)
        let output = try console.join(id)
        // The first event starts the console on the device, whatever it is.
        resizeConsole(columns: columns, rows: rows)
        return ConsoleSession(id, on: self, output, record)
    }

    func run(_ script: LinkScript, by visitor: LinkVisitor) async throws -> LinkScriptResult {
        guard script.text.utf8.count <= LinkScript.textLimit else {
            throw LinkError.badMessage("a script has at most \(LinkScript.textLimit) bytes")
        }
        guard abilities.contains(.scripts) else { throw LinkError.unsupported }
        // Not its text: passwords are written into scripts.
        let digest = Hex.encode(SHA256.hash(Array(script.text.utf8)))
        try await SessionRecord(presence, device: device, session: UniqueID.make(), by: visitor.requester)
            .begin(.command("script sha256:\(digest)"))
        return try await scripts.run(script) { push(.device, "scripts/run", $0) }
    }
}
