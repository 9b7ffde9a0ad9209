import Dispatch
import Foundation
import HubTestSupport
import Issuing
internal import Journal
internal import JournalTestSupport
import PKI
internal import Rooms
import Store
import Testing
import Transport

@testable import HubDaemon

/// A store that stands still, because somebody holds a lock or the disk does not answer, holds up who needs it and
/// nobody else.
@Suite(.timeLimit(.minutes(2))) struct StandingStoreTests {
    @Test func handshakesAndWhatIsInMemory_GoOnWhileTheStoreStandsStill() async throws {
        try await LinkedHub.run { _ in
        } _: { linked in
            let hub = linked.test.hub
            let known = try await Self.issued(hub, "lamp-1")
            let revoked = try await Self.issued(hub, "lamp-2")
            try await hub.issuer.revoke(serial: "\(revoked.certificate.serial)", reason: .superseded, by: .hub)
            // The store knows nothing of it; the authority signed it.
            let unknown = try Self.signed(hub, "lamp-3")
            #expect(try await Self.directory(linked, known) == 200, "the directory is in memory from here on")

            let standstill = Standstill(hub.rooms.journal.store)
            try await standstill.whileItLasts { () async throws -> Void in
                for _ in 0..<10 {
                    #expect(try await Self.directory(linked, known) == 200)
                    #expect(try await Self.directory(linked, unknown) == 200)
                    await #expect(throws: (any Error).self) { try await Self.directory(linked, revoked) }
                }
            }
            // Afterwards everything goes on.
            let fresh = try await Self.issued(hub, "lamp-4")
            #expect(try await Self.directory(linked, fresh) == 200)
        }
    }

    private struct Client {
        let certificate: Certificate
        let key: PrivateKey
    }

    private static func issued(_ hub: Hub, _ name: String) async throws -> Client {
        let key = try PrivateKey.makeP256()
        let certificate = try await hub.issuer.issue(
            commonName: name, ou: "iotdevice", publicKey: key.publicKey, by: .hub)
        return Client(certificate: certificate, key: key)
    }

    private static func signed(_ hub: Hub, _ name: String) throws -> Client {
        let (key, authority) = (try PrivateKey.makeP256(), hub.issuer.authority)
        let certificate = try authority.sign(
            commonName: name, publicKey: key.publicKey, profile: try authority.profile("iotdevice"),
            now: hub.rooms.journal.now())
        return Client(certificate: certificate, key: key)
    }

    /// The directory, over a connection of its own.
    private static func directory(_ linked: LinkedHub, _ client: Client) async throws -> Int {
        let tls = TransportTLS(
            trust: .roots([linked.test.hub.issuer.authority.certificate]),
            identity: ClientIdentity(chain: [client.certificate], signer: client.key)
        ) { Int64(Date.now.timeIntervalSince1970) }
        let connection = try await HTTPConnection.connect(linked.endpoint, tls: tls)
        let answer = try await connection.send(HTTPExchangeRequest(path: "/idprov/directory"))
        connection.close()
        return answer.status
    }
}

/// Holds the writer, every connection for look-ups and every reader of a store.
private struct Standstill {
    private static let held = 16
    private let store: Store
    private let end = DispatchSemaphore(value: 0)

    init(_ store: Store) {
        self.store = store
    }

    func whileItLasts(_ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { [store, end] group in
            let (begun, begin) = AsyncStream<Void>.makeStream()
            // Also when the body throws: the group waits for them.
            defer { for _ in 0..<Self.held { end.signal() } }
            for number in 0..<Self.held {
                let wait: @Sendable (Database) -> Void = { _ in
                    begin.yield()
                    end.wait()
                }
                switch number {
                case 0: group.addTask { try await store.write { db in wait(db) } }
                case 1..<5: group.addTask { try await store.read { db in wait(db) } }
                default: group.addTask { try await store.lookUp { db in wait(db) } }
                }
            }
            // One that writes, four that read, four that look up; the rest wait for their turn.
            var count = 0
            for await _ in begun {
                count += 1
                if count == 9 { break }
            }
            try await body()
        }
    }
}
