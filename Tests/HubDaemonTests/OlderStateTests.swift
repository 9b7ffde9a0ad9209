import BaseTestSupport
import Devices
import Files
import Foundation
import HubDaemon
import HubRuntime
import HubTestSupport
import Issuing
internal import IssuingTestSupport
import Journal
internal import JournalTestSupport
import People
import PKI
import Reach
internal import RecordTestSupport
internal import Rooms
internal import RouteTestSupport
internal import Secrets
import Store
import Testing
import Updates
import Wire

/// The state of a hub as commit 074e886 left it, with something of everything, is opened, upgraded and used.
///
/// `older-state.tar.gz` was made by that release's own programs: secrets one by one, by CSV and with a PIN, three
/// provisioned devices of which one is revoked, a stranger who waits, two devices of the update protocol, a person with
/// a token, a service, a webhook, two groups, two artifacts, three deployments, settings, a tunnel token, a pairing
/// window, certificates of a broker and a client, and a rotated CA.
@Suite struct OlderStateTests {
    /// Half an hour after it was made, 2026-11-29T21:00:00Z.
    private static let now: Int64 = 1_795_986_000

    private static func unpacked() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        let archive = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("older-state.tar.gz").path
        try SecureFile.makeFolder(folder.path + "/state", mode: 0o700)
        _ = try ExternalProgram.run("/usr/bin/tar", ["-xzf", archive, "-C", folder.path + "/state"])
        return folder
    }

    private static func with(_ body: (TestHub) async throws -> Void) async throws {
        let folder = try unpacked()
        // The second start finds nothing to change.
        for _ in 1...2 {
            let hub = try await TestHub(folder: folder, clock: ManualClock(at: now))
            try await body(hub)
            try hub.rooms.journal.store.close()
        }
    }

    @Test func upgrade_KeepsACopyOfTheStoreAndNotesThatThereIsOne() async throws {
        try await Self.with { hub in
            let state = StateFolder(hub.folder.path + "/state")
            let copy = state.database + ".before-" + Release.version
            #expect(try SecureFile.mode(copy) == 0o600 && SecureFile.exists(state.storeMark))
            let older = try Store(path: copy, sealingKey: .random(), migrations: [])
            // The table of people had another name then.
            let people = try await older.lookUp { db in try db.value("SELECT count(*) FROM \"user\"", as: Int.self) }
            #expect(people == 1)
            try older.close()
        }
    }

    @Test func everythingIsThere_AndTheTrailIsIntact() async throws {
        try await Self.with { hub in
            let rooms = hub.rooms
            guard case .intact(let events, after: 0) = try await rooms.journal.verifyAudit() else {
                Issue.record("the trail is broken")
                return
            }
            #expect(events >= 35)
            let devices = try await rooms.devices.devices(state: nil, after: "", limit: 100)
            let states = Dictionary(uniqueKeysWithValues: devices.map { ($0.id, $0.state) })
            #expect(states["lamp-0001"] == .approved && states["lamp-0002"] == .approved)
            #expect(states["lamp-0003"] == .revoked && states["stranger-1"] == .pending)
            let listed = try await rooms.secrets.secrets(after: "", limit: 100).map(\.deviceID)
            #expect(Set(listed).isSuperset(of: ["lamp-0004", "lamp-0005", "lock-1", "pump-1"]))
            #expect(try await rooms.people.users().map(\.name) == ["ann"])
            #expect(try await rooms.reach.services().contains { $0.name == "mqtts" })
            #expect(try await rooms.journal.webhooks().count == 1)
            #expect(try await rooms.inventory.groups().map(\.name).sorted() == ["debian", "north"])
            #expect(try await rooms.reach.tunnelTokens(of: "lamp-0001", limit: 10).count == 1)
            #expect(try await rooms.pairingWindows.current()?.deviceType == "lamp")
            #expect(hub.issuer.authorities.all.map(\.generation) == [2, 1])
            #expect(try await hub.hub.artifacts.all().map(\.name).sorted() == ["motd-2", "motd-3"])
            #expect(try await hub.hub.updates.deployments(DeploymentQuery()).total == 3)
        }
    }

    @Test func secretsOfThen_ProvisionDevicesNow() async throws {
        let hub = try await TestHub(folder: try Self.unpacked(), clock: ManualClock(at: Self.now))
        for (id, secret) in [("lamp-0004", "2G6VB6T3OLPBWDIIB5LR2JZYTR"), ("pump-1", "forty-two-and-more-1")] {
            #expect(try await TestDevice(id, secret: secret).provision(at: hub).status == .approved)
        }
        #expect(try await TestDevice("lamp-0005", secret: "not it").provision(at: hub).status != .approved)
        let pin = try await hub.rooms.secrets.secret(listing: "lock-1")
        #expect(pin.pairing == .spake2plus, "it can be paired with")
    }

    @Test func certificatesTokensAndPasswordsOfThen_CountNow() async throws {
        try await Self.with { hub in
            let revoked = try await Self.certificate(of: "lamp-0003", at: hub)
            #expect(hub.issuer.standing(of: [revoked]) == .refused)
            let valid = try await Self.certificate(of: "lamp-0001", at: hub)
            #expect(hub.issuer.standing(of: [valid]) == .valid)
            let token = try SecureFile.read(hub.folder.path + "/state/device-token")
            let session = try #require(try await hub.rooms.identities.session(deviceToken: token))
            let report = DeviceReport(artifactName: "motd-2", deviceType: "gateway")
            let next = try await hub.hub.updates.next(session.deviceID, report, by: .hub)
            #expect(next != nil, "a deployment waits for it")
            _ = try await hub.rooms.people.logIn("ann", password: "a long password of ann", by: .hub)
        }
    }

    private static func certificate(of name: String, at hub: TestHub) async throws -> Certificate {
        let found = try await hub.issuer.certificates(commonName: name, before: nil, limit: 1)
        return try Certificate(der: try #require(found.first).record.der)
    }
}
