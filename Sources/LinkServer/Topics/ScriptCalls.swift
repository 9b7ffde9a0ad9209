internal import Encoding
internal import PKI
internal import Presence
internal import Synchronization
internal import Wire

/// Scripts that were sent to one device, and who waits for their results (docs/protocols/device-link.md 11.4).
final class ScriptCalls: Sendable {
    /// Scripts one device has at work at most.
    static let limit = 16
    private typealias Answer = AsyncStream<LinkScriptResult>.Continuation

    /// By reference; `nil` once the link is over.
    private let waiting = Mutex<[String: Answer]?>([:])

    /// Sends a script and waits for its result.
    ///
    /// - Parameter send: sends the payload of `scripts/run`.
    /// - Throws: ``LinkError``.
    func run(_ script: LinkScript, send: (JSONValue) -> Bool) async throws -> LinkScriptResult {
        let ref = String(Base64.encode(SecureRandom.bytes(4)).prefix(6))
        let (results, answer) = AsyncStream.makeStream(of: LinkScriptResult.self, bufferingPolicy: .bufferingOldest(1))
        try waiting.withLock { waiting throws(LinkError) in
            guard let count = waiting?.count else { throw .notConnected }
            guard count < Self.limit else { throw .tooManySessions(limit: Self.limit) }
            waiting?[ref] = answer
        }
        // What comes later finds nobody, and is dropped.
        defer { waiting.withLock { $0?[ref] = nil } }
        guard send(Self.payload(script, ref)) else { throw LinkError.notConnected }
        return try await withThrowingTaskGroup(of: LinkScriptResult?.self) { group in
            group.addTask {
                for await result in results { return result }
                throw LinkError.notConnected
            }
            group.addTask {
                let own = script.timeout.map { $0 + .seconds(5) } ?? .zero
                try await Task.sleep(for: max(own, .seconds(LinkLimits.scriptSeconds)))
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let result = first else { throw LinkError.timedOut }
            return result
        }
    }

    /// Takes the device's answer; one nobody waits for is nothing.
    func receive(_ payload: JSONValue) {
        guard let ref = payload["ref"]?.string, let answer = waiting.withLock({ $0?[ref] }) else { return }
        func text(_ name: String) -> String {
            KeptText.member(name, of: payload, limit: LinkScript.textLimit) ?? ""
        }
        answer.yield(
            LinkScriptResult(
                isCompleted: text("result") == "completed", output: text("output"), value: text("return"),
                reason: KeptText.member("reason", of: payload, limit: KeptText.reasonLimit)))
    }

    /// The link is over.
    func end() {
        let answers = waiting.withLock { waiting in
            defer { waiting = nil }
            return waiting ?? [:]
        }
        for answer in answers.values { answer.finish() }
    }

    private static func payload(_ script: LinkScript, _ ref: String) -> JSONValue {
        var members: [JSONValue.Member] = [.init("text", .string(script.text)), .init("ref", .string(ref))]
        if let timeout = script.timeout {
            members.append(.init("timeout", .number("\(Int64(timeout / .milliseconds(1)))")))
        }
        return .object(members)
    }
}
