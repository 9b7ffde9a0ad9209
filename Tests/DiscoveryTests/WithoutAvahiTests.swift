import Glibc
import Testing

@testable import Discovery

private let hasBus =
    unsafe getenv("DBUS_SYSTEM_BUS_ADDRESS") != nil || access("/run/dbus/system_bus_socket", F_OK) == 0

/// Real publisher and browser on a machine without a bus. With one, the lab tests them (Tests/Lab/discovery_test.sh):
/// unit tests announce nothing on anybody's network.
@Suite(.enabled(if: !hasBus), .timeLimit(.minutes(1)))
struct WithoutAvahiTests {
    static let service = ServiceDescription(name: "idprov", type: "_idprov._tcp", port: 43776)

    @Test func publisher_WaitsAndEndsWhenCancelled() async throws {
        let publisher = ServicePublisher(Self.service)
        #expect(publisher.state == .waiting(reason: "not started"))
        let changes = publisher.changes
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await #expect(throws: CancellationError.self) { try await publisher.run() } }
            for await state in changes {
                guard case .waiting(let reason) = state, reason.hasPrefix("Avahi is not reachable") else { continue }
                break
            }
            publisher.update(ServiceDescription(name: "gateway", type: "_idprov._tcp", port: 1))
            group.cancelAll()
        }
        #expect(publisher.state == .waiting(reason: "stopped"))
    }

    @Test func publisher_TellsOfTroubleOnce() async throws {
        let (told, tell) = AsyncStream.makeStream(of: String.self)
        let publisher = ServicePublisher(Self.service) { message, metadata in
            tell.yield("\(message): \(metadata["reason"] ?? "")")
        }
        var iterator = told.makeAsyncIterator()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await publisher.run() }
            let first = await iterator.next()
            #expect(first?.hasPrefix("service not visible on the network: Avahi is not reachable") == true)
            group.cancelAll()
        }
        tell.finish()
        #expect(await iterator.next() == nil)
    }

    @Test func everyReader_GetsThePresentState() async {
        let publisher = ServicePublisher(Self.service)
        for _ in 0..<2 {
            var iterator = publisher.changes.makeAsyncIterator()
            #expect(await iterator.next() == .waiting(reason: "not started"))
        }
    }

    @Test func first_SaysThatAvahiIsNotReachable() async {
        await #expect {
            try await ServiceBrowser(type: "_idprov._tcp").first(within: .milliseconds(50))
        } throws: { error in
            guard case .unavailable = error as? DiscoveryError else { return false }
            return true
        }
    }

    @Test func events_KeepWaitingAndEndWithTheirReader() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { for try await _ in ServiceBrowser(type: "_idprov._tcp").events() {} }
            group.cancelAll()
            try await group.waitForAll()
        }
    }
}

@Suite struct BadTypeTests {
    @Test func invalidType_IsRefused() async {
        let refusal = DiscoveryError.refused(reason: "nonsense is not a service type")
        await #expect(throws: refusal) {
            try await ServiceBrowser(type: "nonsense").first(within: .seconds(1))
        }
        await #expect(throws: refusal) {
            for try await _ in ServiceBrowser(type: "nonsense").events() {}
        }
    }
}
