internal import Encoding
internal import Journal
internal import Presence
internal import Synchronization
internal import Updates
internal import WebSockets
internal import Wire

/// One device's live link (docs/protocols/device-link.md): what is joined on it, and what goes over it.
final class NervesLink: DeviceLink {
    /// What is known of the connection.
    private struct State {
        var topics = LinkTopics()
        var version = LinkVersion.first
        /// Known with the join.
        var running: RunningFirmware?
        var formats: Set<ArtifactFormat> = []
        var rebootedAt: Int64?
        /// The keys that the device asked for.
        var wantedKeys: Set<FirmwareKeyPurpose> = []
        /// Those it has got since its join.
        var sentKeys: [FirmwareKeyPurpose: [String]] = [:]
        /// Whether it has got everything that comes before an update.
        var isGreeted = false
        var size = (columns: 80, rows: 24)
    }

    static let protocolName = "nerveshub"

    let device: DeviceID
    let name = NervesLink.protocolName
    let address: String
    let credential: String?
    let console: ConsoleShare
    let extensions: ExtensionState
    let scripts = ScriptCalls()
    let sentArchive = SentArchive()
    let inbox = ConsoleInbox()
    let written = WrittenNames()
    let presence: Presence
    /// Scheme, host and port of the hub as the device reaches it.
    let origin: String
    private let socket: WebSocket
    private let outbox: LinkOutbox
    private let offer: @Sendable (NervesLink) async -> Void
    private let state = Mutex(State())

    /// - Parameter offer: pushes what the device may install now, if there is something.
    init(
        _ device: DeviceID, _ socket: WebSocket, _ presence: Presence, address: String, credential: String?,
        origin: String, extensions: ExtensionSettings = ExtensionSettings(),
        backlog: ConsoleBacklog = ConsoleBacklog(),
        offer: @escaping @Sendable (NervesLink) async -> Void
    ) {
        (self.device, self.address, self.credential, self.origin) = (device, address, credential, origin)
        (self.socket, self.presence, self.offer) = (socket, presence, offer)
        outbox = LinkOutbox(socket)
        self.extensions = ExtensionState(extensions)
        console = ConsoleShare(backlog: backlog)
    }

    /// The device as the audit trail names it.
    var requester: Requester { Requester(name: "device \(device.text)", address: address) }

    var abilities: LinkAbilities {
        let (version, isJoined, isGreeted, hasConsole) = state.withLock {
            ($0.version, $0.topics.isJoined(.device), $0.isGreeted, $0.topics.isJoined(.console))
        }
        guard isJoined else { return [] }
        var abilities: LinkAbilities = [.reboot]
        if isGreeted { abilities.insert(.push) }
        if version >= .identifies { abilities.insert(.identify) }
        if version >= .takesScripts { abilities.insert(.scripts) }
        if hasConsole { abilities.insert(.shell) }
        return abilities
    }

    // MARK: - Frames

    /// What a frame of the device leads to; answers that the rules alone decide have left.
    func receive(_ frame: PhoenixFrame) -> [LinkTopics.Outcome] {
        let outcomes = state.withLock { $0.topics.receive(frame) }
        return outcomes.filter { outcome in
            guard case .send(let answer) = outcome else { return true }
            outbox.send(answer)
            return false
        }
    }

    /// A topic is joined: answers the device.
    func join(_ topic: LinkTopic, _ ref: PhoenixFrame.Reference?, response: JSONValue = .object([])) {
        let frames = state.withLock { $0.topics.joined(topic, ref, response: response) }
        for frame in frames { outbox.send(frame) }
    }

    /// A join came to nothing; the device tries again.
    func refuseJoin(_ topic: LinkTopic, _ ref: PhoenixFrame.Reference?) {
        outbox.send(
            .reply(
                joinRef: ref, ref: ref, topic: topic.rawValue, isOK: false,
                response: .object([.init("error", .string("could not connect"))])))
    }

    /// The hub failed at an event: the device joins the topic again.
    func fail(_ topic: LinkTopic) {
        if let frame = state.withLock({ $0.topics.failed(topic) }) { outbox.send(frame) }
    }

    /// Sends an event of a topic; `false` when the topic is not joined, or the device takes nothing.
    @discardableResult
    func push(_ topic: LinkTopic, _ event: String, _ payload: JSONValue = .object([])) -> Bool {
        guard let frame = state.withLock({ $0.topics.push(topic, event, payload) }) else { return false }
        return outbox.send(frame)
    }

    /// The same, returning when it has left: a slow device slows whoever has much to send, and what is long takes no
    /// room of the outbox.
    ///
    /// - Throws: `LinkError.notConnected`, also when the topic is not joined.
    func deliver(_ topic: LinkTopic, _ event: String, _ payload: JSONValue) async throws {
        guard let frame = state.withLock({ $0.topics.push(topic, event, payload) }) else {
            throw LinkError.notConnected
        }
        do {
            try await outbox.deliver(frame)
        } catch is WebSocketError {
            throw LinkError.notConnected
        }
    }

    /// Answers an event.
    func reply(_ topic: LinkTopic, _ ref: PhoenixFrame.Reference?, isOK: Bool = true, _ response: JSONValue) {
        guard let frame = state.withLock({ $0.topics.reply(topic, ref, isOK: isOK, response: response) }) else {
            return
        }
        outbox.send(frame)
    }

    /// Whether the device knows modes of updates; one of an earlier version is told of them only when it asks.
    var knowsModes: Bool { state.withLock { $0.topics.isJoined(.device) && $0.version >= .hasModes } }

    /// What runs on a device that takes archives; `nil` for one that takes none, or has not joined.
    var archiveTaker: RunningFirmware? {
        state.withLock { $0.topics.isJoined(.device) && $0.version >= .identifies ? $0.running : nil }
    }

    /// Keeps what the device said of itself when it joined.
    func note(_ join: LinkJoin, _ running: RunningFirmware) {
        sentArchive.forget()
        state.withLock { state in
            state.version = join.version
            state.isGreeted = false
            state.sentKeys = [:]
            state.running = running
            state.formats = Self.formats(join.tool)
            state.wantedKeys = Set(
                (join.wantsFirmwareKeys ? [.firmware] : []) + (join.wantsArchiveKeys ? [.archive] : []))
        }
    }

    /// Sends keys to a device that asked for them. Without a key nothing is sent: an empty list would take away those
    /// the device has.
    func push(_ keys: [String], of purpose: FirmwareKeyPurpose) {
        guard !keys.isEmpty else { return }
        let isNews = state.withLock { state in
            guard state.wantedKeys.contains(purpose), state.sentKeys[purpose] != keys else { return false }
            state.sentKeys[purpose] = keys
            return true
        }
        guard isNews else { return }
        push(
            .device, purpose == .firmware ? "fwup_public_keys" : "archive_public_keys",
            .object([.init("keys", .array(keys.map { .string($0) }))]))
    }

    /// The device has got everything that comes before an update.
    func greeted() {
        state.withLock { $0.isGreeted = true }
    }

    /// The running firmware was found good.
    func noteValidation() {
        state.withLock { $0.running?.isValidated = true }
    }

    /// Whether a reboot is worth a line in the audit trail: a device that says so in a loop writes one a minute.
    func mayNoteReboot(at seconds: Int64) -> Bool {
        state.withLock { state in
            if let last = state.rebootedAt, seconds - last < 60 { return false }
            state.rebootedAt = seconds
            return true
        }
    }

    /// What the device asks for an update with; `nil` before it has joined.
    func report(_ occasion: DeviceReport.Occasion) -> DeviceReport? {
        let (running, formats, isReady) = state.withLock {
            ($0.running, $0.formats, $0.topics.isJoined(.device) && $0.isGreeted)
        }
        guard isReady, let running else { return nil }
        var report = DeviceReport(running, occasion: occasion)
        report.formats = formats
        return report
    }

    /// What the tool on the device installs: archives of fwup when it does not say; a device with several tools names
    /// them all.
    private static func formats(_ tool: String?) -> Set<ArtifactFormat> {
        let tools = (tool ?? "fwup").split { $0 == "," || $0 == " " }
        return Set(tools.map { $0 == "fwup" ? .fwup : .raw })
    }

    func resizeConsole(columns: Int, rows: Int) {
        let size = (columns: min(max(columns, 1), 1000), rows: min(max(rows, 1), 1000))
        state.withLock { $0.size = size }
        sendConsoleSize()
    }

    private func sendConsoleSize() {
        let size = state.withLock(\.size)
        push(
            .console, "window_size",
            .object([.init("height", .number("\(size.rows)")), .init("width", .number("\(size.columns)"))]))
    }

    /// Nothing goes over the link any more.
    func end() {
        scripts.end()
        endConsole(isOver: true)
    }

    /// The device left the console; it may join again unless the link is over.
    func endConsole(isOver: Bool) {
        console.end(isOver: isOver)
        inbox.end(isOver: isOver)
    }

    // MARK: - What people and the hub want of the device

    func close(_ reason: LinkClosing) {
        switch reason {
        case .replaced: socket.close(.normal, reason: "replaced by a new connection")
        case .forbidden: socket.close(.policy, reason: "not authorized any more")
        case .disconnected: socket.close(.normal, reason: "disconnected by an operator")
        case .restarting: socket.close(.restart, reason: "the hub restarts")
        }
    }

    func tell(_ message: LinkMessage, by visitor: LinkVisitor) async throws {
        switch message {
        case .updateWaits: await offer(self)
        case .reportInventory: throw LinkError.unsupported
        case .reportHealth: act(on: extensions.ask(.health))
        case .reboot: try await command("reboot", .reboot, by: visitor)
        case .identify: try await command("identify", .identify, by: visitor)
        }
    }

    /// Sends what the extensions have for the device; what is to be kept comes with its own messages only.
    private func act(on actions: [ExtensionAction]) {
        for case .push(let event, let payload) in actions { push(.extensions, event, payload) }
    }

    private func command(_ event: String, _ ability: LinkAbilities, by visitor: LinkVisitor) async throws {
        guard abilities.contains(ability) else { throw LinkError.unsupported }
        try await SessionRecord(presence, device: device, session: UniqueID.make(), by: visitor.requester)
            .begin(.command(event))
        guard push(.device, event) else { throw LinkError.notConnected }
    }
}
