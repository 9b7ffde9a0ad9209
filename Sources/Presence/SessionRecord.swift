package import Journal
package import Wire

/// Something that begins on a device and is worth a line in the audit trail.
package enum LinkAction: Sendable, Equatable {
    case shell
    case reading(path: String)
    case writing(path: String)
    case forward(host: String, port: UInt16, transport: String)
    case command(String)
}

/// What the audit trail says of one person's session on a device; the same whatever protocol the link speaks.
package struct SessionRecord: Sendable {
    private let journal: Journal
    private let device: DeviceID
    private let session: String
    private let requester: Requester
    private let start: Int64

    /// A session that begins now.
    ///
    /// - Parameter session: its name.
    package init(_ presence: Presence, device: DeviceID, session: String, by requester: Requester) {
        journal = presence.journal
        self.device = device
        self.session = session
        self.requester = requester
        start = presence.journal.now()
    }

    /// Writes down the action that is about to begin; when it returns, that is durable and the device may hear of it.
    package func begin(_ action: LinkAction) async throws {
        let (word, target): (String, String) =
            switch action {
            case .shell: ("link.shell", "")
            case .reading(let path): ("link.fileRead", path)
            case .writing(let path): ("link.fileWrite", path)
            case .forward(let host, let port, let transport): ("link.forward", "\(transport) \(host):\(port)")
            case .command(let command): ("link.command", command)
            }
        try await journal.audit(
            word, device.text, by: requester,
            detail: ["session": session, "target": String(target.prefix(1024))])
    }

    /// Writes down the end of a session in which something began, and the bytes of content that went each way.
    package func end(bytesToDevice: Int, bytesFromDevice: Int) async {
        try? await journal.audit(
            "link.end", device.text, by: requester,
            detail: [
                "session": session, "seconds": "\(max(0, journal.now() - start))",
                "bytesToDevice": "\(bytesToDevice)", "bytesFromDevice": "\(bytesFromDevice)",
            ])
    }
}
