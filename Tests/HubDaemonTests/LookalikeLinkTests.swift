internal import Devices
internal import Encoding
import Foundation
import HubDaemon
import HubTestSupport
import Issuing
internal import Journal
internal import People
import PKI
internal import RecordTestSupport
internal import Rooms
import Store
import Testing
internal import Transport
import WebSockets
import Wire

/// Devices whose IDs are one to Unicode and two by their bytes: the hub must not take one for the other.
@Suite(.timeLimit(.minutes(1))) struct LookalikeLinkTests {
    private static let ids = ["SK-1", "S\u{212A}-1"]

    /// A device with an ID from before the rule, let in by its certificate: its UUID and its token.
    private static func device(_ id: String, at hub: LinkedHub) async throws -> (id: String, token: String) {
        let devices = hub.rooms.devices
        try await hub.rooms.journal.store.write { db in
            try devices.save(Device(id: id, state: .approved, seen: 1), in: db)
        }
        let given = try await hub.rooms.identities.authenticate(
            AuthenticationRequest(
                identity: "{\"bytes\":\"\(Array(id.utf8))\"}", publicKey: try PrivateKey.makeP256().publicKey,
                tier: "standard",
                certifiedDeviceID: id, address: "192.0.2.7"))
        let token = try #require(given)
        let session = try await #require(try hub.rooms.identities.session(deviceToken: token))
        #expect(DeviceID(session.deviceID) == DeviceID(id))
        return (session.identityID, token)
    }

    private static func isConnected(_ hub: LinkedHub, _ id: String, _ token: String) async throws -> Bool {
        let answer = try await hub.send("GET", id, token: token)
        return try JSONValue(parsing: answer.body)["status"]?.string == "connected"
    }

    @Test func links_AreOfTheirOwn() async throws {
        try await LinkedHub.run { hub in
            let one = try await Self.device(Self.ids[0], at: hub)
            let other = try await Self.device(Self.ids[1], at: hub)
            #expect(one.id != other.id)
            let person = try await hub.person("operator", .operator)
            try await hub.withDevice(one) { first in
                while try await !Self.isConnected(hub, one.id, person) { try await Task.sleep(for: .milliseconds(10)) }
                try await hub.withDevice(other) { second in
                    while try await !Self.isConnected(hub, other.id, person) {
                        try await Task.sleep(for: .milliseconds(10))
                    }
                    #expect(try await Self.isConnected(hub, one.id, person), "nobody took its place")
                    // What is meant for the one reaches the one.
                    let socket = try await hub.operate(one.id, token: person)
                    var messages = socket.messages.makeAsyncIterator()
                    try await socket.send(LinkEnvelope(.shell, "new"))
                    #expect(try await messages.envelope()?.number("status") == 1)
                    #expect(!first.received.isEmpty && second.received.isEmpty)
                    socket.close()
                    // Shutting out the one leaves the other where it is.
                    try await hub.test.hub.issuer.reject(deviceID: Self.ids[1], by: .hub)
                    #expect(try await Self.isConnected(hub, one.id, person))
                }
            }
        }
    }
}
