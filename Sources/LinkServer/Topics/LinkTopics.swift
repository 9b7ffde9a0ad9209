internal import Encoding
internal import Wire

/// A topic a device may join (docs/protocols/device-link.md 4).
enum LinkTopic: String, CaseIterable, Sendable {
    case device, console, extensions
}

/// Which topics a connection has joined, and what a frame of it means. Pure (docs/protocols/device-link.md 4.1).
struct LinkTopics {
    /// What a frame leads to.
    enum Outcome: Equatable {
        case send(PhoenixFrame)
        /// A topic is asked for; ``joined(_:_:)`` or a refusal follows.
        case join(LinkTopic, PhoenixFrame.Reference?, JSONValue)
        case left(LinkTopic)
        case event(LinkTopic, String, JSONValue, PhoenixFrame.Reference?)
    }

    /// A topic that is joined, by the reference of its join, which may be missing.
    private struct Joined {
        let ref: PhoenixFrame.Reference?
    }

    private var topics: [LinkTopic: Joined] = [:]

    /// Whether a topic is joined.
    func isJoined(_ topic: LinkTopic) -> Bool { topics[topic] != nil }

    mutating func receive(_ frame: PhoenixFrame) -> [Outcome] {
        if frame.topic == "phoenix" {
            guard frame.event == "heartbeat" else { return [.send(.unmatched(frame))] }
            return [.send(.reply(joinRef: frame.joinRef, ref: frame.ref, topic: frame.topic, isOK: true))]
        }
        // Nothing but the literal topics: another name would be somebody else's topic elsewhere.
        guard let topic = LinkTopic(rawValue: frame.topic) else { return [.send(.unmatched(frame))] }
        switch frame.event {
        case "phx_join": return [.join(topic, frame.ref, frame.payload)]
        case "phx_leave": return leave(topic, frame)
        default: break
        }
        guard let joined = topics[topic] else { return [.send(.unmatched(frame))] }
        // Clients of before December 2025 leave the reference of the join out.
        guard frame.joinRef == nil || frame.joinRef == joined.ref else { return [] }
        return [.event(topic, frame.event, frame.payload, frame.ref)]
    }

    /// A topic was joined: the answer, and the end of an earlier join of it.
    mutating func joined(
        _ topic: LinkTopic, _ ref: PhoenixFrame.Reference?, response: JSONValue = .object([])
    ) -> [PhoenixFrame] {
        let earlier = topics.updateValue(Joined(ref: ref), forKey: topic)
        var frames = [
            PhoenixFrame.reply(joinRef: ref, ref: ref, topic: topic.rawValue, isOK: true, response: response)
        ]
        if let earlier { frames.append(.ended(earlier.ref, topic: topic.rawValue, event: "phx_close")) }
        return frames
    }

    /// A message of the hub on a topic; `nil` when it is not joined.
    func push(_ topic: LinkTopic, _ event: String, _ payload: JSONValue) -> PhoenixFrame? {
        topics[topic].map {
            PhoenixFrame(joinRef: $0.ref, ref: nil, topic: topic.rawValue, event: event, payload: payload)
        }
    }

    /// The answer to a message on a topic; `nil` when that is not joined any more.
    func reply(
        _ topic: LinkTopic, _ ref: PhoenixFrame.Reference?, isOK: Bool, response: JSONValue
    ) -> PhoenixFrame? {
        topics[topic].map {
            .reply(joinRef: $0.ref, ref: ref, topic: topic.rawValue, isOK: isOK, response: response)
        }
    }

    /// The hub failed at a topic: the device joins it again.
    mutating func failed(_ topic: LinkTopic) -> PhoenixFrame? {
        topics.removeValue(forKey: topic).map { .ended($0.ref, topic: topic.rawValue, event: "phx_error") }
    }

    private mutating func leave(_ topic: LinkTopic, _ frame: PhoenixFrame) -> [Outcome] {
        let answer = PhoenixFrame.reply(joinRef: frame.joinRef, ref: frame.ref, topic: frame.topic, isOK: true)
        guard let joined = topics[topic] else { return [.send(answer)] }
        // That of an earlier join leaves the present one alone.
        guard frame.joinRef == nil || frame.joinRef == joined.ref else { return [] }
        topics[topic] = nil
        return [.send(answer), .send(.ended(joined.ref, topic: frame.topic, event: "phx_close")), .left(topic)]
    }
}
