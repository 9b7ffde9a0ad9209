import Dispatch
import Glibc
import HubDaemon
import HubHTTP
import HubTestSupport
import Journal
internal import JournalTestSupport
import Logging
internal import HubRuntime
import Reach
internal import Rooms
import Synchronization
import Testing

/// Requests that are cut off or broken are the peer's fault: the log stays quiet, and an answer says 400 where one can
/// still be given.
@Suite(.timeLimit(.minutes(1))) struct CutRequestTests {
    private static let head = "POST /admin/v1/config/check HTTP/1.1\r\nHost: h\r\nContent-Type: application/yaml\r\n"
    private static let cut = head + "Content-Length: 900\r\n\r\nhalf"
    private static let badChunk = head + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n"
    private static let good = "GET /admin/v1/status HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"

    @Test(arguments: [Logger.Level.info, .debug]) func cutRequests_LeaveFewLines(level: Logger.Level) async throws {
        let written = try await Self.run(level) { socket in
            // In waves: as many connections at once as a busy machine leaves open would be refused.
            for wave in 0..<15 {
                for number in 0..<100 {
                    let text = number.isMultiple(of: 2) ? Self.cut : Self.badChunk
                    _ = try await Self.exchange(socket, text, waits: false)
                }
                // Served when all of them were taken.
                let answer = try await Self.exchange(socket, Self.good, waits: true)
                #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"), "after wave \(wave)")
            }
        }
        #expect(written.filter { $0.contains("request failed") } == [])
        let lines = written.count { $0.contains("request cut off") && !$0.contains("suppressed") }
        #expect(level == .info ? lines == 0 : lines > 0 && lines <= 400)
        #expect(written.count < (level == .info ? 20 : 1000))
    }

    @Test func brokenChunk_IsAnsweredWith400() async throws {
        _ = try await Self.run(.info) { socket in
            let answer = try await Self.exchange(socket, Self.badChunk, waits: true)
            #expect(answer.hasPrefix("HTTP/1.1 400 "))
        }
    }

    @Test func sumsOfTheLastMinute_AreWrittenWhenTheHubStops() async throws {
        let folder = try TemporaryFolder()
        _ = try await Self.run(.info, folder: folder) { _ in
        } during: { rooms in
            for _ in 0..<50 {
                try await rooms.reach.auditTunnels([
                    TunnelNote("tunnel.refuse", "tunnels", by: .hub, detail: [:], cause: .stranger)
                ])
            }
        }
        let again = try await TestHub(folder: folder)
        let refusals = try await again.hub.rooms.journal.auditPage(AuditQuery(action: "tunnel.refuse", limit: 100))
            .events
        let told = refusals.map { event in
            event.subject == "many" ? Int(event.detail.split(separator: "\"")[3]) ?? 0 : 1
        }
        // All of them, whatever minutes they fell into.
        #expect(told.reduce(0, +) == 50 && refusals.count < 30)
    }

    /// Runs a hub beside `body`; answers what it logged.
    private static func run(
        _ level: Logger.Level, folder: TemporaryFolder? = nil, body: @Sendable (String) async throws -> Void,
        during: @Sendable (Rooms) async throws -> Void = { _ in }
    ) async throws -> [String] {
        let written = Lines()
        let log = HubLog(level: { level }, isJournal: true, write: { written.add($0) })
        let test = try await TestHub(folder: folder, log: log)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await test.hub.run(signals: []) }
            guard case .unix(let socket) = await test.hub.addresses()["admin"] else { throw CancellationError() }
            try await body(socket)
            try await during(test.hub.rooms)
            group.cancelAll()
            while await group.nextResult() != nil {}
        }
        log.writeSums(isLast: true)
        return written.list
    }

    /// Sends text to a Unix socket and hangs up, or waits for the whole answer.
    private static func exchange(_ path: String, _ text: String, waits: Bool) async throws -> String {
        // On a thread of its own: the hub needs those of the tasks.
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Result { try blockingExchange(path, text, waits: waits) })
            }
        }
    }

    private static func blockingExchange(_ path: String, _ text: String, waits: Bool) throws -> String {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failed() }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8.prefix(107)) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let isConnected = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, size) == 0
            }
        }
        guard isConnected else { throw Failed() }
        let bytes = Array(text.utf8)
        guard unsafe send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            throw Failed()
        }
        guard waits else { return "" }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { return String(decoding: answer, as: UTF8.self) }
            answer += buffer.prefix(count)
        }
    }

    private struct Failed: Error {}
}

/// What a log was given.
private final class Lines: Sendable {
    private let all = Mutex<[String]>([])
    var list: [String] { all.withLock { $0 } }

    func add(_ line: String) {
        all.withLock { $0.append(line) }
    }
}
