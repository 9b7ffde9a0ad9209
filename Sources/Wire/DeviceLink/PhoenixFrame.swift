package import Encoding

/// One frame of the device link: a JSON array of five elements (docs/protocols/device-link.md 4).
package struct PhoenixFrame: Sendable, Equatable {
    /// A reference, given back as it came: a text, or a number from careless clients.
    package enum Reference: Sendable, Hashable {
        case text(String)
        /// The text of the number, unchanged.
        case number(String)
    }

    /// The reference of the join that this frame belongs to.
    package var joinRef: Reference?
    /// Set by the side that wants an answer.
    package var ref: Reference?
    /// `device`, `console`, `extensions` or `phoenix`.
    package var topic: String
    package var event: String
    /// An object; anything, when a device ignores the rules.
    package var payload: JSONValue

    /// A frame to be sent.
    package init(joinRef: Reference?, ref: Reference?, topic: String, event: String, payload: JSONValue) {
        (self.joinRef, self.ref) = (joinRef, ref)
        (self.topic, self.event, self.payload) = (topic, event, payload)
    }

    /// Longest topic, event and reference that is read, in bytes.
    private static let wordLimit = 255
    /// Bounds of a frame as JSON: what a hundred log lines need, several times.
    private static let limits = JSONLimits(bytes: 1 << 20, depth: 32, values: 8192)

    /// Reads a text message. Further elements of the array are ignored.
    package init(parsing text: String) throws(MessageError) {
        let value = try JSONValue(parsing: Array(text.utf8), limits: Self.limits, repetition: .lastCounts)
        guard let elements = value.array else { throw .wrongType("frame") }
        guard elements.count >= 5 else { throw .missingMember("frame") }
        joinRef = try Self.reference(elements[0], "join_ref")
        ref = try Self.reference(elements[1], "ref")
        topic = try Self.word(elements[2], "topic")
        event = try Self.word(elements[3], "event")
        payload = elements[4]
    }

    /// The frame as the text of one message.
    package func encoded() -> String {
        var writer = JSONWriter()
        writer.array { writer in
            Self.write(joinRef, to: &writer)
            Self.write(ref, to: &writer)
            writer.string(topic)
            writer.string(event)
            payload.write(to: &writer)
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private static func reference(_ value: JSONValue, _ name: String) throws(MessageError) -> Reference? {
        switch value {
        case .null: return nil
        case .string(let text) where text.utf8.count <= wordLimit: return .text(text)
        case .number(let text) where text.utf8.count <= wordLimit: return .number(text)
        default: throw .wrongType(name)
        }
    }

    private static func word(_ value: JSONValue, _ name: String) throws(MessageError) -> String {
        guard let text = value.string, text.utf8.count <= wordLimit else { throw .wrongType(name) }
        return text
    }

    private static func write(_ reference: Reference?, to writer: inout JSONWriter) {
        switch reference {
        case nil: writer.null()
        case .text(let text): writer.string(text)
        case .number(let text): writer.number(text)
        }
    }
}

extension PhoenixFrame {
    /// The answer to a frame.
    ///
    /// - Parameter response: an object, but for the extensions' join, a list, and their detach, a text.
    package static func reply(
        joinRef: Reference?, ref: Reference?, topic: String, isOK: Bool, response: JSONValue = .object([])
    ) -> PhoenixFrame {
        PhoenixFrame(
            joinRef: joinRef, ref: ref, topic: topic, event: "phx_reply",
            payload: .object([.init("status", .string(isOK ? "ok" : "error")), .init("response", response)]))
    }

    /// The answer to a frame of a topic that is unknown or not joined.
    package static func unmatched(_ frame: PhoenixFrame) -> PhoenixFrame {
        reply(
            joinRef: nil, ref: frame.ref, topic: frame.topic, isOK: false,
            response: .object([.init("reason", .string("unmatched topic"))]))
    }

    /// The end of a joined topic, or that the hub failed at it: both references are the join's, since a client crashes
    /// at any other.
    package static func ended(_ join: Reference?, topic: String, event: String) -> PhoenixFrame {
        PhoenixFrame(joinRef: join, ref: join, topic: topic, event: event, payload: .object([]))
    }
}
