import Dispatch
import Glibc
import Synchronization
import Testing
import Transport
import Wire

@testable import AdminCLI

/// Connections of programs on this machine over a link, with a device that the test plays.
@Suite(.timeLimit(.minutes(1))) struct ForwardTests {
    @Test func programThatEndsItsSide_GetsTheAnswerThatComesLater() async throws {
        let (ended, end) = AsyncStream.makeStream(of: Void.self)
        let device = Device()
        let forwarding = Forwarding(
            to: LinkBody.Target(host: "127.0.0.1", port: 80),
            patience: {
                end.yield()
                try await Task.sleep(for: .seconds(600))
            }, send: { device.take($0) })
        device.forwarding.withLock { $0 = forwarding }
        try await Self.listen(forwarding) { port in
            let program = try Program(port)
            try program.send("GET / HTTP/1.0\r\n\r\n")
            program.endSide()
            // Only now, with its side ended and nobody else on the way, the device begins to answer.
            for await _ in ended { break }
            device.say("forward", Array("the page, ".utf8))
            device.say("forward", Array("whole".utf8))
            device.say("stop")
            #expect(await program.rest() == "the page, whole")
            await device.waitFor("stop")
            #expect(device.types == ["new", "forward", "ack", "ack", "stop"])
        }
    }

    @Test func deviceThatStaysSilent_IsToldToStop() async throws {
        let (ended, end) = AsyncStream.makeStream(of: Void.self)
        let (goes, go) = AsyncStream.makeStream(of: Void.self)
        let device = Device()
        let forwarding = Forwarding(
            to: LinkBody.Target(host: "127.0.0.1", port: 80),
            patience: {
                end.yield()
                for await _ in goes { return }
            }, send: { device.take($0) })
        device.forwarding.withLock { $0 = forwarding }
        try await Self.listen(forwarding) { port in
            let program = try Program(port)
            try program.send("question")
            program.endSide()
            for await _ in ended { break }
            #expect(!device.types.contains("stop"))
            go.yield()
            go.yield()
            #expect(await program.rest().isEmpty)
            await device.waitFor("stop")
            #expect(device.types == ["new", "forward", "stop"])
        }
    }

    private static func listen(
        _ forwarding: Forwarding, _ body: @escaping @Sendable (Int) async throws -> Void
    ) async throws {
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await LocalListener.run(host: "127.0.0.1", port: 0, onBound: { port.yield($0) }) {
                    await forwarding.serve($0)
                }
            }
            for await number in ports {
                try await body(number)
                break
            }
            group.cancelAll()
        }
    }
}

/// Accepts connections and data, and says what it is told to.
private final class Device: Sendable {
    let forwarding = Mutex<Forwarding?>(nil)
    private let seen = Mutex<[LinkEnvelope]>([])
    private let changes: AsyncStream<Void>
    private let change: AsyncStream<Void>.Continuation

    init() {
        (changes, change) = AsyncStream.makeStream()
    }

    var types: [String] { seen.withLock { $0.map(\.type) } }

    func take(_ envelope: LinkEnvelope) {
        seen.withLock { $0.append(envelope) }
        change.yield()
        if envelope.type == "new" { say("new") }
        if envelope.type == "forward" { say("ack") }
    }

    func say(_ type: String, _ body: [UInt8] = []) {
        var message = LinkEnvelope(.forward, type, body: body)
        message.set("connection_id", seen.withLock { $0.first?.text("connection_id") } ?? "")
        forwarding.withLock { $0 }?.take(message)
    }

    func waitFor(_ type: String) async {
        guard !types.contains(type) else { return }
        for await _ in changes where types.contains(type) { return }
    }
}

/// A program with a TCP connection.
private final class Program: Sendable {
    private let descriptor: Int32

    init(_ port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let done = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(done == 0)
    }

    deinit { close(descriptor) }

    func send(_ text: String) throws {
        let bytes = Array(text.utf8)
        try #require(unsafe write(descriptor, bytes, bytes.count) == bytes.count)
    }

    /// As `nc -N` does.
    func endSide() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Whatever comes until the other end.
    func rest() async -> String {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { [descriptor] in
                var all: [UInt8] = []
                var part = [UInt8](repeating: 0, count: 4096)
                while case let count = unsafe read(descriptor, &part, part.count), count > 0 {
                    all += part.prefix(count)
                }
                continuation.resume(returning: String(decoding: all, as: UTF8.self))
            }
        }
    }
}
