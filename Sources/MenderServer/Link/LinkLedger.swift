internal import Encoding
internal import Presence
internal import Wire

/// What one operator does on a device, seen in passing: what must be written into the audit trail before it goes to the
/// device, what is still open when the operator leaves, and how many bytes went each way. Pure.
struct LinkLedger {
    /// Port forwards one session has open at most.
    static let forwardLimit = 256
    /// Things one session begins at most: each costs a line in the audit trail.
    static let openingLimit = 10_000

    /// Bytes of shells, files and forwards, without the protocol around them.
    private(set) var bytesToDevice = 0
    private(set) var bytesFromDevice = 0
    private(set) var openings = 0
    private var hasShell = false
    private var forwards: Set<String> = []

    /// A message on its way to the device.
    ///
    /// - Throws: ``LinkRefusal`` when it must not go there.
    mutating func sends(_ envelope: LinkEnvelope) throws(LinkRefusal) -> LinkAction? {
        let opening = try opening(of: envelope)
        if opening != nil {
            guard openings < Self.openingLimit else { throw .tooMuch }
            openings += 1
        }
        if Self.carriesContent(envelope) { bytesToDevice += envelope.body.count }
        switch (envelope.proto, envelope.type) {
        case (.shell, "new"): hasShell = true
        case (.shell, "stop"): hasShell = false
        case (.forward, "stop"): forwards.remove(envelope.text("connection_id") ?? "")
        default: break
        }
        return opening
    }

    /// A message from the device.
    mutating func receives(_ envelope: LinkEnvelope) {
        if Self.carriesContent(envelope) { bytesFromDevice += envelope.body.count }
        // A shell that ended by itself is still counted by the device until it is told to stop.
        switch (envelope.proto, envelope.type) {
        case (.forward, "stop"), (.forward, "error"): forwards.remove(envelope.text("connection_id") ?? "")
        default: break
        }
    }

    /// What the device must be told so that nothing of the session stays behind.
    func closingMessages(session: String, user: String) -> [LinkEnvelope] {
        var messages: [LinkEnvelope] = []
        if hasShell { messages.append(LinkEnvelope(.shell, "stop", session: session)) }
        for connection in forwards.sorted() {
            var stop = LinkEnvelope(.forward, "stop", session: session)
            stop.set("connection_id", connection)
            messages.append(stop)
        }
        messages.append(LinkEnvelope(.control, "close", session: session))
        for index in messages.indices { messages[index].set("user_id", user) }
        return messages
    }

    private mutating func opening(of envelope: LinkEnvelope) throws(LinkRefusal) -> LinkAction? {
        do throws(MessageError) {
            switch (envelope.proto, envelope.type) {
            case (.shell, "new"): return .shell
            case (.files, "get_file"): return .reading(path: try LinkBody.Path(parsing: envelope.body).path)
            case (.files, "put_file"): return .writing(path: try LinkBody.File(parsing: envelope.body).path)
            case (.forward, "new"):
                let target = try LinkBody.Target(parsing: envelope.body)
                guard let connection = envelope.text("connection_id") else { throw .missingMember("connection_id") }
                guard forwards.count < Self.forwardLimit else { throw .tooManyValues(limit: Self.forwardLimit) }
                forwards.insert(connection)
                return .forward(host: target.host, port: target.port, transport: target.transport)
            case (.client, let command): return .command(command)
            default: return nil
            }
        } catch {
            // What it begins would not be known, so it does not begin.
            throw .unreadable("\(error)")
        }
    }

    private static func carriesContent(_ envelope: LinkEnvelope) -> Bool {
        switch (envelope.proto, envelope.type) {
        case (.shell, "shell"), (.files, "file_chunk"), (.forward, "forward"): true
        default: false
        }
    }
}

/// Why a message of an operator does not go to the device.
enum LinkRefusal: Error, Equatable {
    /// It is not a message of the link.
    case unreadable(String)
    /// The device would drop its connection over a message of this size.
    case tooLarge
    /// The session has begun too much already.
    case tooMuch

    var text: String {
        switch self {
        case .unreadable(let reason): "not a message of the device link: \(reason)"
        case .tooLarge: "larger than the \(LinkEnvelope.deviceLimit) bytes a device takes"
        case .tooMuch: "this session has begun too much; open another one"
        }
    }
}
