package import Encoding

/// What a device has accepted so far, stored before it acts on the next message (docs/protocols/cosign.md 1).
package struct AcceptanceState: Sendable, Equatable {
    /// The highest release of a stream that was ever accepted.
    package struct Stream: Sendable, Equatable {
        package var sequence: Int64
        /// `nil` once a key set took the number back.
        package var sha256: String?
        /// Whether the release runs.
        package var installed: Bool
    }

    package var streams: [String: Stream] = [:]
    /// Unix seconds; no time before it is believed.
    package var timeFloor: Int64 = 0
    /// Ids of messages that were acted on.
    package var usedIDs: [String] = []
    /// When their messages end, Unix seconds, where the id itself does not say it or names a later time.
    package var usedUntil: [MessageID: Int64] = [:]

    package init() {}

    /// Reads a stored state; `nil` for anything but one.
    package init?(_ value: JSONValue) {
        guard value.members != nil else { return nil }
        var reader = ClaimReader(members: value)
        for member in reader.optional("streams", \.members) ?? [] {
            guard ReleaseClaims.isStream(member.name), let stream = Stream(member.value) else { return nil }
            streams[member.name] = stream
        }
        timeFloor = reader.optional("time_floor", \.plainMoment) ?? 0
        let ids = reader.optional("jti", \.array) ?? []
        usedIDs = ids.compactMap(\.string)
        for member in reader.optional("jti_until", \.members) ?? [] {
            guard let id = MessageID(member.name), let end = member.value.plainMoment else { return nil }
            usedUntil[id] = end
        }
        guard reader.wrong == nil, usedIDs.count == ids.count else { return nil }
    }

    /// The state as it is stored.
    package var json: JSONValue {
        let streams = streams.sorted { $0.key < $1.key }.map { name, stream in
            JSONValue.Member(
                name,
                .object([
                    .init("seq", .number("\(stream.sequence)")),
                    .init("sha256", stream.sha256.map { .string($0) } ?? .null),
                    .init("installed", .bool(stream.installed)),
                ]))
        }
        var members: [JSONValue.Member] = [
            .init("streams", .object(streams)), .init("time_floor", .number("\(timeFloor)")),
            .init("jti", .array(usedIDs.map { .string($0) })),
        ]
        if !usedUntil.isEmpty {
            let ends = usedUntil.sorted { $0.key.text < $1.key.text }
            let until = ends.map { JSONValue.Member($0.key.text, .number("\($0.value)")) }
            members.append(.init("jti_until", .object(until)))
        }
        return .object(members)
    }

    /// Notes that a release runs; only the one that was accepted last can.
    ///
    /// - Returns: false when that is another one.
    package mutating func markInstalled(stream: String, sequence: Int64) -> Bool {
        guard streams[stream]?.sequence == sequence else { return false }
        streams[stream]?.installed = true
        return true
    }
}

extension AcceptanceState.Stream {
    init?(_ value: JSONValue) {
        guard let sequence = value["seq"]?.plainInteger, (0...CoSignLimits.largestInteger).contains(sequence) else {
            return nil
        }
        var reader = ClaimReader(members: value)
        let digest = value["sha256"].map { $0 == .null } ?? true
        sha256 =
            digest ? nil : reader.optional("sha256") { $0.string.flatMap { ReleaseArtifact.isDigest($0) ? $0 : nil } }
        installed = reader.optional("installed", \.bool) ?? false
        guard reader.wrong == nil else { return nil }
        self.sequence = sequence
    }
}
