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

/// Both client ends of ours through a real server: what is inside is for the two of them alone.
@Suite(.timeLimit(.minutes(3))) struct EndToEndTests {
    private static func withEcho(_ body: @escaping @Sendable (Int) async throws -> Void) async throws {
        try await ScriptedServer.run(script: { connection in
            try await connection.send("pong\n")
            try await connection.waitForEnd()
        }) { server in try await body(server.port) }
    }

    @Test func portOfADevice_IsReached() async throws {
        try await Self.withEcho { port in
            try await TunnelSite.run(ports: [port]) { site in
                let (answer, failure) = try await site.reach(
                    port, site.tls("ann") { $0.subject.commonName == "d1" })
                #expect(answer == "pong\n" && failure == nil)
                try await site.events.wait(for: .portOpened(address: 1, port: port))
            }
        }
    }

    @Test func portThatIsNotOffered_IsRefused() async throws {
        try await TunnelSite.run(ports: [1]) { site in
            let (answer, failure) = try await site.reach(2, site.tls("ann") { _ in true })
            #expect(answer.isEmpty && failure as? TunnelFailure == .portRefused(2))
            let closed = try await site.reach(1, site.tls("ann") { _ in true })
            #expect(closed.answer.isEmpty && closed.failure as? TunnelFailure == .portClosed(1))
        }
    }

    @Test func strangers_GetNowhere() async throws {
        try await Self.withEcho { port in
            try await TunnelSite.run(ports: [port]) { site in
                let stranger = try await site.reach(port, site.tls("bob") { _ in true })
                #expect(stranger.answer.isEmpty)
                let foreign = try await site.reach(
                    port, site.tls("ann", authority: TestAuthority(name: "Other", now: TunnelSite.now())) { _ in true })
                #expect(foreign.answer.isEmpty)
                // The person does not speak with another device than the one meant.
                let other = try await site.reach(port, site.tls("ann") { $0.subject.commonName == "d2" })
                #expect(other.answer.isEmpty && other.failure != nil)
                #expect(!site.events.list.contains(.portOpened(address: 1, port: port)))
            }
        }
    }
}
