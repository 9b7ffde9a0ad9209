import Foundation
import Glibc
import HostilePeer
import NIOCore
import NIOPosix
import PKI
import Synchronization
import Testing
import Transport
internal import TunnelClient
import TunnelServer
import Wire

/// Tunnels of which one side ends first.
@Suite(.timeLimit(.minutes(3))) struct HalfClosedTests {
    private static func withEcho(_ body: @escaping @Sendable (Int) async throws -> Void) async throws {
        try await ScriptedServer.run(script: { connection in
            try await connection.send("pong\n")
            try await connection.waitForEnd()
        }) { server in try await body(server.port) }
    }

    @Test(arguments: [0, 3, 300_000]) func answerBehindTheEndOfTheRequest_Arrives(count: Int) async throws {
        try await CountingServer.run(speaksFirst: false) { server in
            try await TunnelSite.run(ports: [server.port]) { site in
                let inner = try site.tls("ann") { $0.subject.commonName == "d1" }
                let (answer, failure) = try await site.open(server.port, inner) { local, failures in
                    // At once: the tunnel is not even up.
                    if count > 0 { try await local.send([UInt8](repeating: 7, count: count)) }
                    try await local.endOutput()
                    return (try await local.rest(), failures.first)
                }
                #expect(String(decoding: answer, as: UTF8.self) == "\(count) bytes\n" && failure == nil)
                try await site.events.wait(for: .clientLeft(address: 1))
            }
        }
    }

    @Test func requestBehindTheEndOfTheAnswer_Arrives() async throws {
        try await CountingServer.run(speaksFirst: true) { server in
            try await TunnelSite.run(ports: [server.port]) { site in
                let inner = try site.tls("ann") { $0.subject.commonName == "d1" }
                try await site.open(server.port, inner) { local, _ in
                    #expect(try await local.line() == "hello\n")
                    try await Task.sleep(for: .milliseconds(50))
                    for _ in 0..<10 {
                        try await local.send([UInt8](repeating: 7, count: 10_000))
                        try await Task.sleep(for: .milliseconds(5))
                    }
                    try await local.endOutput()
                    try await site.events.wait(for: .clientLeft(address: 1))
                }
                #expect(try await server.received() == 100_000)
            }
        }
    }

    @Test func programThatIsGone_EndsTheTunnel() async throws {
        try await CountingServer.run(speaksFirst: false) { server in
            try await TunnelSite.run(ports: [server.port]) { site in
                let inner = try site.tls("ann") { $0.subject.commonName == "d1" }
                try await site.open(server.port, inner) { local, _ in
                    try await local.send([1, 2, 3])
                    try await site.events.wait(for: .portOpened(address: 1, port: server.port))
                    try await local.close()
                    try await site.events.wait(for: .clientLeft(address: 1))
                }
                #expect(try await server.received() == 3)
            }
        }
    }

    @Test func programThatDoesNotRead_DoesNotCutTheDeviceOff() async throws {
        let deaf = try DeafPort()
        var patience = TunnelPatience()
        (patience.limit, patience.window, patience.pause) = (.seconds(6), .seconds(12), .milliseconds(100))
        try await Self.withEcho { [patience] port in
            // Three pings without a word would end the connection: the agent's own pause is longer.
            try await TunnelSite.run(ports: [port, deaf.port], patience: patience, pingInterval: .milliseconds(1500)) {
                site in
                let ann = try site.tls("ann") { $0.subject.commonName == "d1" }
                let answer = try await site.open(deaf.port, ann) { flood, _ in
                    try await site.events.wait(for: .portOpened(address: 1, port: deaf.port))
                    let piece = [UInt8](repeating: 1, count: 1 << 20)
                    for _ in 0..<40 { flood.post(piece) }
                    // Long enough for every buffer on the way to fill.
                    try await Task.sleep(for: .milliseconds(500))
                    let answer = try await site.reach(port, ann).answer
                    // Its other end is told, and goes.
                    #expect(try await flood.rest().isEmpty)
                    return answer
                }
                #expect(answer == "pong\n")
                try await site.events.wait(for: .clientLeft(address: 1))
                let left = try await site.server.server.records()
                #expect(!left.contains { $0.role == .client && $0.bytesIn > 100_000 })
            }
        }
    }

    @Test func clientThatIsGoneBeforeThePortAnswers_LeavesNothingBehind() async throws {
        let late = try DeafPort(backlog: 0)
        // Fills the queue: the kernel answers nobody else until the program takes this one.
        let first = try await TestEnd.connect(port: late.port)
        try await TunnelSite.run(ports: [late.port]) { site in
            let ann = try site.tls("ann") { $0.subject.commonName == "d1" }
            try await site.open(late.port, ann) { _, _ in
                try await late.waitForAttempt()
                #expect(try await site.server.server.close { $0.role == .client } == 1)
                try await site.events.wait(for: .clientLeft(address: 1))
                let taken = try late.next()
                let connection = try late.next()
                #expect(late.ends(connection))
                for descriptor in [taken, connection] { Glibc.close(descriptor) }
            }
        }
        try await first.close()
    }

    @Test func personWhoGivesUpBeforeThePortAnswers_LeavesNothingBehind() async throws {
        let late = try DeafPort(backlog: 0)
        let first = try await TestEnd.connect(port: late.port)
        try await TunnelSite.run(ports: [late.port]) { site in
            let ann = try site.tls("ann") { $0.subject.commonName == "d1" }
            try await site.open(late.port, ann) { local, _ in
                try await late.waitForAttempt()
                try await local.close()
                let taken = try late.next()
                let connection = try late.next()
                #expect(late.ends(connection))
                for descriptor in [taken, connection] { Glibc.close(descriptor) }
            }
        }
        try await first.close()
    }
}
