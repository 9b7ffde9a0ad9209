import Foundation
import HubDaemon
import HubTestSupport
import Issuing
internal import IssuingTestSupport
internal import JournalTestSupport
import PKI
internal import Rooms
internal import RouteTestSupport
internal import Secrets
internal import SecretsTestSupport
import Store
import Testing
internal import Wire

@Suite struct StartTests {
    @Test func firstStart_MakesKeysThatOnlyTheOwnerReads() async throws {
        let hub = try await TestHub()
        for file in ["ca/ca.key", "keys/store.key"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: hub.folder.path + "/state/" + file)
            #expect((attributes[.posixPermissions] as? Int) == 0o600)
        }
        let authority = hub.hub.issuer.authority.certificate
        #expect(authority.isAuthority)
        #expect(authority.notAfter - authority.notBefore >= 20 * 365 * 86_400)
    }

    @Test func secondHubOnTheSameState_IsRefused() async throws {
        let first = try await TestHub()
        await #expect(throws: HubError.stateInUse(first.folder.path + "/state")) {
            _ = try await TestHub(folder: first.folder)
        }
    }

    @Test func exchangedStoreKey_IsNoticed() async throws {
        let folder = try TemporaryFolder()
        try await run(folder)
        try Data((0..<32).map { _ in UInt8.random(in: 0...255) }).write(
            to: URL(fileURLWithPath: folder.path + "/state/keys/store.key"))
        await #expect(throws: StoreKey.Problem.foreign(file: folder.path + "/state/keys/store.key")) {
            try await run(folder)
        }
    }

    @Test func restart_KeepsAuthorityDevicesAndSecrets() async throws {
        let folder = try TemporaryFolder()
        let clock = ManualClock(at: Int64(Date.now.timeIntervalSince1970))
        let before = try await { () -> Certificate in
            let hub = try await TestHub(folder: folder, clock: clock)
            try await hub.addSecret("s", for: "d1")
            return hub.hub.issuer.authority.certificate
        }()
        let hub = try await TestHub(folder: folder, clock: clock)
        #expect(hub.hub.issuer.authority.certificate == before)
        #expect(try await TestDevice("d1", secret: "s").provision(at: hub).status == .approved)
    }

    @Test func volatileSecrets_AreGoneAfterARestart() async throws {
        let folder = try TemporaryFolder()
        try await { () -> Void in
            let hub = try await TestHub(folder: folder)
            try await hub.addSecret("s", for: "d1")
        }()
        let hub = try await TestHub(folder: folder) { $0.limits.secrets.volatileSecrets = true }
        #expect(try await hub.hub.rooms.secrets.secretCount() == 0)
    }

    @Test func interruptedFirstStart_IsFinishedByTheNext() async throws {
        let folder = try TemporaryFolder()
        try await run(folder)
        try FileManager.default.removeItem(atPath: folder.path + "/state/ca/ca.crt")
        try await run(folder)
    }

    @Test func keyThatOthersCanRead_StopsTheStart() async throws {
        let folder = try TemporaryFolder()
        try await run(folder)
        let key = folder.path + "/state/ca/ca.key"
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: key)
        await #expect(throws: IssuingError.keyFileTooOpen(file: key, mode: 0o644)) { try await run(folder) }
    }

    @Test func foreignKey_StopsTheStart() async throws {
        let folder = try TemporaryFolder()
        try await run(folder)
        let key = folder.path + "/state/ca/ca.key"
        try Data(PrivateKey.makeP256().pem().utf8).write(to: URL(fileURLWithPath: key))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key)
        await #expect(throws: IssuingError.self) { try await run(folder) }
    }

    @Test func expiredAuthority_StopsTheStart() async throws {
        let folder = try TemporaryFolder()
        try await run(folder)
        let later = ManualClock(at: Int64(Date.now.timeIntervalSince1970) + 21 * 366 * 86_400)
        await #expect(throws: IssuingError.self) { _ = try await TestHub(folder: folder, clock: later) }
    }

    /// Opens a hub and lets it go again.
    private func run(_ folder: TemporaryFolder) async throws {
        _ = try await TestHub(folder: folder)
    }
}
