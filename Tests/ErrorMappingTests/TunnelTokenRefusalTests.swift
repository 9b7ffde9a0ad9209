import Devices
import Foundation
import HTTPTypes
import HubHTTP
import Hummingbird
import Journal
import PKI
import Reach
import Secrets
import Store
import Testing
import TunnelServer

/// What a device on the network is told when it gets no token for tunnels.
@Suite struct TunnelTokenRefusalTests {
    @Test func deviceWithoutRight_IsToldWhy_AndNoOperatorsHint() async throws {
        let folder = NSTemporaryDirectory() + "latchkey-test-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try Store(
            path: folder + "/hub.db", sealingKey: SealingKey(SecureRandom.bytes(32)),
            migrations: [Journal.addMigrations, Secrets.addMigrations, Devices.addMigrations, Reach.addMigrations])
        let router = Router(context: HubContext.self)
        router.add(middleware: LastingPeers { _ in nil })
        let journal = Journal(store: store, now: { 1_800_000_000 })
        let devices = Devices(
            journal: journal, secrets: Secrets(journal: journal), windows: PairingWindows(journal: journal))
        TunnelRoutes(reach: Reach(journal: journal, devices: devices)).add(to: router)

        let answer = try await ErrorRoute.answer(
            of: router.buildResponder(), .post, "/tunnel/token", as: try Self.device("lamp-1"))
        #expect(answer.status == .notFound)
        #expect(answer.text == #"{"error":{"code":"notFound","message":"no device lamp-1 is known","hint":""}}"#)
        let stranger = try await ErrorRoute.answer(of: router.buildResponder(), .post, "/tunnel/token")
        #expect(stranger.status == .forbidden)
        #expect(stranger.text == #"{"error":{"code":"forbidden","message":"","hint":""}}"#)
    }

    /// A device whose certificate the hub has no record of.
    private static func device(_ name: String) throws -> Peer {
        let key = try PrivateKey.makeP256()
        let authority = try CertificateSigner.makeAuthority(
            commonName: "Test CA", organization: "Test", key: key, serial: .random(), notBefore: 1_700_000_000,
            notAfter: 2_400_000_000)
        let fields = CertificateFields(
            commonName: name, publicKey: key.publicKey, serial: .random(), notBefore: 1_700_000_000,
            notAfter: 1_900_000_000)
        let profile = try #require(CertificateProfile.builtIn.first { $0.name == "iotdevice" })
        let signer = try CertificateSigner(issuer: authority, key: key, organization: "Test")
        return Peer(address: "192.0.2.7", certificate: try signer.sign(fields, profile: profile))
    }
}
