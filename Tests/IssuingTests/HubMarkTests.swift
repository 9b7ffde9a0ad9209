import Devices
import Files
import Issuing
internal import IssuingTestSupport
internal import Journal
internal import JournalTestSupport
import PKI
import Testing

/// The mark by which devices know the hub: its own certificate has it, and nobody else's.
@Suite struct HubMarkTests {
    private static func server(_ rig: IssuingRig) -> ServerCertificate {
        ServerCertificate(
            certificateFile: rig.folder.path + "/own.crt", keyFile: rig.folder.path + "/own.key",
            issuer: rig.issuer)
    }

    @Test func ownCertificate_BearsTheMark() async throws {
        let rig = try await IssuingRig()
        let (certificate, _, _) = try await Self.server(rig).current(names: ["hub.example"], addresses: ["192.0.2.1"])
        #expect(certificate.uris == [HubName.uri])
        #expect(certificate.dnsNames == ["hub.example"] && certificate.addresses == ["192.0.2.1"])
        #expect(HubRecognition(try Certificate(der: certificate.der)) == .marked)
        #expect(try await Self.server(rig).current(names: ["hub.example"], addresses: []).isNew == false)
    }

    @Test func certificateOfAnOlderRelease_IsReplacedAtTheNextStart() async throws {
        let rig = try await IssuingRig()
        let key = try PrivateKey.makeP256()
        let old = try await rig.issuer.issue(
            commonName: "hub.example", ou: "server", publicKey: key.publicKey, names: [.dns("hub.example")], by: .hub)
        #expect(HubRecognition(old) == .oldForm)
        try SecureFile.write(try key.pem(), to: rig.folder.path + "/own.key", mode: 0o600)
        try SecureFile.write(old.pem, to: rig.folder.path + "/own.crt", mode: 0o644)
        let (certificate, sameKey, isNew) = try await Self.server(rig).current(names: ["hub.example"], addresses: [])
        #expect(isNew && HubRecognition(certificate) == .marked)
        #expect(certificate.matches(sameKey) && sameKey.publicKey == key.publicKey)
    }

    @Test(arguments: [HubName.uri, "URN:Latchkey:HUB", "urn:latchkey:hub:2", "urn:latchkey:other"])
    func nobodyElseGetsTheMark(_ uri: String) async throws {
        let rig = try await IssuingRig()
        let issuer = rig.issuer
        let key = try PrivateKey.makeP256().publicKey
        for ou in ["service", "client", "plugin", "admin", "iotdevice", "server"] {
            await #expect(throws: IssuingError.nameNotAllowed) {
                _ = try await issuer.issue(
                    commonName: "x", ou: ou, publicKey: key, names: [.dns("x.example"), .uri(uri)], by: .hub)
            }
        }
        let claim = try await issuer.claim("d1")
        await #expect(throws: IssuingError.nameNotAllowed) {
            _ = try await issuer.enrol(
                "d1", claim: claim, publicKey: key, sighting: Sighting(address: "192.0.2.7", mac: "", fingerprint: nil),
                reason: .request, names: [.uri(uri)], by: .hub)
        }
        #expect(
            try await issuer.certificateCount()
                == issuer.certificates(commonName: "hub admin", before: nil, limit: 9).count)
    }

    /// Whose certificate it is, by its profile and its names, whether they were ever issued together or not.
    @Test(arguments: [
        (CertificateProfile.server, [HubName.uri], HubRecognition.marked), (.server, [], .oldForm),
        (.server, ["urn:other"], .oldForm), (.service, [], .other), (.service, [HubName.uri], .other),
        (.iotdevice, [HubName.uri], .other), (.client, [], .other), (.plugin, [HubName.uri], .other),
        (.admin, [HubName.uri], .other), (renamed, [], .other), (renamed, [HubName.uri], .marked),
    ])
    func onlyTheHubsCertificate_IsTheHubs(
        _ profile: CertificateProfile, _ uris: [String], _ expected: HubRecognition
    ) throws {
        let key = try PrivateKey.makeP256()
        let authority = try CertificateSigner.makeAuthority(
            commonName: "CA", organization: "Site", key: key, serial: .random(), notBefore: 0, notAfter: 4_000_000_000)
        let signer = try CertificateSigner(issuer: authority, key: key, organization: "Site")
        var profile = profile
        profile.subjectAlternativeNames = [.uri]
        let certificate = try signer.sign(
            CertificateFields(
                commonName: "x", publicKey: key.publicKey, serial: .random(), notBefore: 0, notAfter: 3_000_000_000,
                subjectAlternativeNames: uris.map { .uri($0) }), profile: profile)
        #expect(HubRecognition(certificate) == expected)
        #expect(HubRecognition(try Certificate(der: certificate.der)) == expected)
    }

    /// A profile whose OU the operator named.
    private static let renamed = {
        var profile = CertificateProfile.server
        profile.organizationalUnit = "brokers"
        return profile
    }()
}
