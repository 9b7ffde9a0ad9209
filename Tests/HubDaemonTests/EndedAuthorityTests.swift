internal import Encoding
import Foundation
import HTTPTypes
import HubHTTP
internal import HubRuntime
import HubTestSupport
import Issuing
internal import IssuingTestSupport
internal import Journal
internal import JournalTestSupport
import Logging
import PKI
internal import Rooms
internal import RouteTestSupport
internal import SecretsTestSupport
import Testing
internal import Transport
internal import Upkeep
import Wire

@testable import HubDaemon

/// A hub whose authority comes to its end while it runs.
@Suite struct EndedAuthorityTests {
    /// A hub below an authority of the operator's that ends after `left` seconds.
    private static func hub(left: Int64) async throws -> TestHub {
        let (folder, clock) = (try TemporaryFolder(), ManualClock(at: 1_900_000_000))
        let key = try PrivateKey.makeP256()
        let root = try CertificateSigner.makeAuthority(
            commonName: "Site CA", organization: "Site", key: key, serial: .random(), notBefore: clock.now - 3600,
            notAfter: clock.now + left)
        let (certificate, keyFile) = (folder.path + "/site.crt", folder.path + "/site.key")
        try root.pem.write(toFile: certificate, atomically: true, encoding: .utf8)
        let pem = Data(try key.pem().utf8)
        #expect(FileManager.default.createFile(atPath: keyFile, contents: pem, attributes: [.posixPermissions: 0o600]))
        return try await TestHub(folder: folder, clock: clock) {
            $0.authorityCertificate = certificate
            $0.authorityKey = keyFile
        }
    }

    static func keeper(_ hub: Hub) async throws -> CertificateKeeper {
        let folder = hub.state.authorityFolder
        let server = ServerCertificate(
            certificateFile: folder + "/server.crt", keyFile: folder + "/server.key", issuer: hub.issuer)
        let admin = AdminCertificate(
            certificateFile: folder + "/admin.crt", keyFile: folder + "/admin.key", issuer: hub.issuer)
        let (certificate, key, _) = try await server.current(
            names: hub.settings.hostNames, addresses: ThisHost.addresses())
        let identity = try TLSIdentity(
            certificates: [certificate], key: key, authorities: [hub.issuer.authority.certificate],
            connections: hub.connections
        ) { _ in .refused }
        return CertificateKeeper(
            server: server, admin: admin, issuer: hub.issuer, responder: hub.responder,
            responderCertificate: ResponderCertificate(folder: folder, issuer: hub.issuer),
            names: { [settings = hub.settings] in settings.certificateNames },
            show: { try identity.replace(certificates: $0, key: $1, authorities: $2) }, logger: hub.logger)
    }

    /// An OCSP request about serial 5 of whomever.
    private static let question: [UInt8] =
        [0x30, 0x42, 0x30, 0x40, 0x30, 0x3E, 0x30, 0x3C, 0x30, 0x3A]
        + [0x30, 0x09, 0x06, 0x05, 0x2B, 0x0E, 0x03, 0x02, 0x1A, 0x05, 0x00]
        + [0x04, 0x14] + [UInt8](repeating: 7, count: 20) + [0x04, 0x14] + [UInt8](repeating: 8, count: 20)
        + [0x02, 0x01, 0x05]

    private static func certificates(_ hub: TestHub) async throws -> [CertificateRecord] {
        try await hub.hub.issuer.certificates(commonName: nil, before: nil, limit: 1000).map(\.record)
    }

    @Test func lastMinuteAndLongAfter_MakeNoFurtherCertificates() async throws {
        let hub = try await Self.hub(left: 45)
        let keeper = try await Self.keeper(hub.hub)
        try await hub.addSecret("s", for: "d1")
        let device = try TestDevice("d1", secret: "s")
        let certificate = try Certificate(pem: try await device.provision(at: hub).clientCert)
        let end = hub.hub.issuer.authority.certificate.notAfter
        for step in 0..<120 {
            await keeper.refresh()
            let own = Peer(address: "192.0.2.7", certificate: certificate)
            if hub.clock.now <= certificate.notAfter {
                let status = try await device.provision(at: hub, as: own).status
                #expect(status == (hub.clock.now < end ? .approved : .waiting))
            } else {
                let answer = try await hub.network.send(.post, "/idprov/provreq", body: device.request(), as: own)
                #expect(answer.status == .forbidden)
            }
            if step.isMultiple(of: 12) { try await CertificateExpiry(issuer: hub.hub.issuer).sweepAuthority() }
            hub.clock.advance(by: 5)
        }
        let issued = try await Self.certificates(hub)
        #expect(issued.map(\.ou).sorted() == ["admin", "iotdevice", "ocsp", "server"])
        #expect(issued.allSatisfy { $0.notBefore < $0.notAfter && $0.notAfter <= end })
        let events = try await hub.hub.rooms.journal.auditEvents(before: nil, subject: nil, limit: 100)
        #expect(events.filter { $0.action != "secret.add" }.count == 4, "one for each certificate")
        let alarms = try await hub.hub.rooms.journal.alarms(all: true, before: nil, limit: 9)
        #expect(alarms.filter { $0.clearedAt == nil }.map(\.kind) == [.authorityEnded])
        #expect(alarms.filter { $0.clearedAt != nil }.map(\.kind) == [.authorityExpiring], "warned before")
    }

    /// A longer life, walked through to its end: certificates are renewed while that gains something.
    @Test func hubsOwnCertificates_AreRenewedUntilTheyEndWithTheAuthority() async throws {
        let hub = try await Self.hub(left: 800 * 86_400)
        let keeper = try await Self.keeper(hub.hub)
        for _ in 0..<820 {
            await keeper.refresh()
            hub.clock.advance(by: 86_400)
        }
        let issued = try await Self.certificates(hub)
        #expect(issued.allSatisfy { $0.notBefore < $0.notAfter })
        let server = issued.filter { $0.ou == "server" }
        #expect(server.count > 1 && server[0].notAfter == hub.hub.issuer.authority.certificate.notAfter)
        #expect(issued.count < 60)
    }

    @Test func everyWayToACertificate_IsToldThatNothingIsSigned() async throws {
        let hub = try await Self.hub(left: 45)
        _ = try await Self.keeper(hub.hub)
        try await hub.addSecret("s", for: "d1")
        hub.clock.advance(by: 45)
        let answer = try await TestDevice("d1", secret: "s").provision(at: hub)
        #expect(answer.status == .waiting && answer.retrySec == IDProv.waitingSecondsLimit)

        let admin = try await hub.local.send(
            .post, "/admin/v1/certificates",
            body: Array(
                String(
                    decoding: JSONValue.object([
                        .init("commonName", .string("ann")), .init("ou", .string("client")),
                        .init("publicKeyPEM", .string(try PrivateKey.makeP256().publicKey.pem())),
                    ]).encoded(), as: UTF8.self
                ).utf8), as: Peer(address: "local", userID: 0))
        #expect(admin.status == .conflict)
        #expect(admin.text.contains("authorityEnded") && admin.text.contains("2030-"))
        #expect(admin.text.contains("hubctl ca rotate"))

        let before = try await Self.certificates(hub).count
        let list = try await hub.publication.send(.get, "/pki/ca.crl")
        #expect(list.status == .notFound, "none was made before")
        #expect(try await hub.publication.send(.post, "/pki/ocsp", body: Self.question).body == OCSPSigner.unauthorized)
        #expect(try await Self.certificates(hub).count == before)
        #expect(try await hub.hub.issuer.claim("d1").secret != nil, "the secret is not spent")
    }

    @Test func lastListOfRevokedCertificates_IsServedOn() async throws {
        let hub = try await Self.hub(left: 45)
        let list = try await hub.publication.send(.get, "/pki/ca.crl")
        #expect(list.status == .ok)
        hub.clock.advance(by: 3 * 86_400)
        #expect(try await hub.publication.send(.get, "/pki/ca.crl").body == list.body)
    }

    @Test func rotationOfAnAuthorityThatEnded_SignsAgain_WithoutCrossCertificates() async throws {
        let clock = ManualClock(at: 1_900_000_000)
        let folder = try TemporaryFolder()
        do {
            let hub = try await TestHub(folder: folder, clock: clock)
            let keeper = try await Self.keeper(hub.hub)
            clock.advance(by: 20 * 365 * 86_400)
            try await CertificateExpiry(issuer: hub.hub.issuer).sweepAuthority()
            try await hub.hub.issuer.rotate(hub.hub.catalogue, by: .hub)
            try await CertificateExpiry(issuer: hub.hub.issuer).sweepAuthority()
            await keeper.refresh()
            #expect(hub.hub.issuer.authorities.crossedByPrevious.isEmpty)
            #expect(hub.hub.issuer.authorities.crossedOfPrevious.isEmpty)
            #expect(try await hub.hub.rooms.journal.alarms(all: false, before: nil, limit: 9).isEmpty)
            try await hub.addSecret("s", for: "d1")
            #expect(try await TestDevice("d1", secret: "s").provision(at: hub).status == .approved)
        }
        do {
            let hub = try await TestHub(folder: folder, clock: clock)
            #expect(hub.hub.issuer.authority.generation == 2 && hub.hub.issuer.authorities.crossedByPrevious.isEmpty)
        }
        clock.advance(by: 20 * 365 * 86_400)
        await #expect(throws: IssuingError.self) { try await TestHub(folder: folder, clock: clock) }
    }
}
