import Synchronization
import WebSockets
import Wire

/// A device with a shell that echoes, files in memory and forwards that echo.
final class ScriptedDevice: Sendable {
    private struct State {
        var received: [LinkEnvelope] = []
        var files: [String: [UInt8]] = [:]
        var writing: [String: String] = [:]
        var rights: [Int64?] = []
    }

    private let state = Mutex(State())

    init(files: [String: [UInt8]] = [:]) {
        state.withLock { $0.files = files }
    }

    /// Everything the hub sent, in order.
    var received: [LinkEnvelope] { state.withLock(\.received) }

    /// Rights each file that was sent came with, in order.
    var rights: [Int64?] { state.withLock(\.rights) }

    func file(_ path: String) -> [UInt8]? { state.withLock { $0.files[path] } }

    func wait(for isThere: ([LinkEnvelope]) -> Bool) async throws {
        while !isThere(received) { try await Task.sleep(for: .milliseconds(5)) }
    }

    func run(_ socket: WebSocket) async throws {
        for try await message in socket.messages {
            guard case .binary(let bytes) = message else { continue }
            let envelope = try LinkEnvelope(parsing: bytes)
            state.withLock { $0.received.append(envelope) }
            for answer in answers(to: envelope) { try await socket.send(.binary(answer.encoded())) }
        }
    }

    private func answers(to envelope: LinkEnvelope) -> [LinkEnvelope] {
        func answer(_ type: String, _ body: [UInt8] = []) -> LinkEnvelope {
            LinkEnvelope(envelope.proto, type, session: envelope.session, body: body)
        }
        switch (envelope.proto, envelope.type) {
        case (.control, "open"):
            return [answer("accept", LinkBody.Accept(protocols: [.client, .shell, .files, .forward]).encoded())]
        case (.shell, "new"):
            var started = answer("new", Array("Shell started".utf8))
            started.set("status", 1)
            return [started]
        case (.shell, "shell"): return [answer("shell", envelope.body)]
        case (.files, _): return files(envelope, answer)
        case (.forward, "new"), (.forward, "forward"):
            var back = answer(envelope.type, envelope.body)
            back.set("connection_id", envelope.text("connection_id") ?? "")
            return [back]
        default: return []
        }
    }

    private func files(
        _ envelope: LinkEnvelope, _ answer: (String, [UInt8]) -> LinkEnvelope
    ) -> [LinkEnvelope] {
        switch envelope.type {
        case "stat":
            guard let path = try? LinkBody.Path(parsing: envelope.body).path, let content = file(path) else {
                return [answer("error", LinkBody.Failure("no such file").encoded())]
            }
            let info = LinkBody.File(
                path: path, size: Int64(content.count), userID: 1, groupID: 2, mode: path == "/dir" ? 1 << 31 : 0o640)
            return [answer("file_info", info.encoded())]
        case "get_file":
            guard let path = try? LinkBody.Path(parsing: envelope.body).path, let content = file(path) else {
                return [answer("error", LinkBody.Failure("no such file").encoded())]
            }
            return (stride(from: 0, to: content.count, by: 4096).map { $0 } + [content.count]).map { start in
                var chunk = answer("file_chunk", Array(content[start..<min(start + 4096, content.count)]))
                chunk.set("offset", Int64(start))
                return chunk
            }
        case "put_file":
            guard let file = try? LinkBody.File(parsing: envelope.body), file.path != "/full" else {
                return [answer("error", LinkBody.Failure("no space\nleft").encoded())]
            }
            state.withLock { state in
                state.writing[envelope.session] = file.path
                state.files[file.path] = []
                state.rights.append(file.mode)
            }
            return [acknowledgement(0, answer)]
        case "file_chunk":
            let size = state.withLock { state in
                guard let path = state.writing[envelope.session] else { return 0 }
                state.files[path, default: []] += envelope.body
                return state.files[path]?.count ?? 0
            }
            return [acknowledgement(size, answer)]
        default: return []
        }
    }

    private func acknowledgement(_ offset: Int, _ answer: (String, [UInt8]) -> LinkEnvelope) -> LinkEnvelope {
        var ack = answer("ack", [])
        ack.set("offset", Int64(offset))
        return ack
    }
}
