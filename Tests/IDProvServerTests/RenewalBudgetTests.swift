import HubHTTP
import Issuing
internal import IssuingTestSupport
internal import JournalTestSupport
import PKI
internal import RouteTestSupport
internal import SecretsTestSupport
import Testing
import Wire

/// Certificates of those who hold one: however often they ask, and with whatever keys.
@Suite struct RenewalBudgetTests {
    private static func count(_ rig: IDProvRig, _ name: String) async throws -> Int {
        try await rig.issuer.certificates(commonName: name, before: nil, limit: 5000).count
    }

    private static func provisioned(_ rig: IDProvRig, _ id: String) async throws -> (TestDevice, Peer) {
        try await rig.addSecret("s", for: id)
        let device = try TestDevice(id, secret: "s")
        let certificate = try Certificate(pem: try await device.provision(at: rig).clientCert)
        return (device, Peer(address: "192.0.2.7", certificate: certificate))
    }

    @Test func thousandRenewalsWithFreshKeys_MakeTheBudgetsNumber() async throws {
        let rig = try await IDProvRig()
        let (_, own) = try await Self.provisioned(rig, "d1")
        var approved = 0
        var waits: Set<Int> = []
        for _ in 0..<1000 {
            let answer = try await TestDevice("d1", secret: "").provision(at: rig, as: own)
            if answer.status == .approved { approved += 1 } else { waits.insert(answer.retrySec) }
        }
        #expect(approved == Issuer.renewalBurst)
        #expect(waits == [IDProv.waitingSecondsLimit], "one an hour from now on, told in steps of ten minutes")
        #expect(try await Self.count(rig, "d1") == 1 + Issuer.renewalBurst)
        // And for as long as it goes on: one an hour.
        for _ in 0..<100 {
            rig.clock.advance(by: 360)
            for _ in 0..<5 { _ = try await TestDevice("d1", secret: "").provision(at: rig, as: own) }
        }
        #expect(try await Self.count(rig, "d1") == 1 + Issuer.renewalBurst + 10)
    }

    @Test func thousandRenewalsWithOneKey_AreAllAnswered() async throws {
        let rig = try await IDProvRig()
        let (device, own) = try await Self.provisioned(rig, "d1")
        for _ in 0..<1000 { #expect(try await device.provision(at: rig, as: own).status == .approved) }
        #expect(try await Self.count(rig, "d1") == 1 + Issuer.renewalBurst)
    }

    /// A plugin may ask for any device, but not without end for one.
    @Test(arguments: ["plugin", "admin"]) func requestsForOneDevice_AreBounded(ou: String) async throws {
        let rig = try await IDProvRig()
        let peer = try await rig.peer("x", ou: ou)
        for _ in 0..<100 { _ = try await TestDevice("d1", secret: "").provision(at: rig, as: peer) }
        #expect(try await Self.count(rig, "d1") == Issuer.renewalBurst)
        #expect(try await TestDevice("d2", secret: "").provision(at: rig, as: peer).status == .approved)
    }

    @Test func lateRenewals_AreBoundedAsWell() async throws {
        let rig = try await IDProvRig { $0.grace.standard = GracePolicy.Rule(seconds: 30 * 86_400) }
        let (_, own) = try await Self.provisioned(rig, "d1")
        let ended = try #require(own.certificate)
        rig.clock.advance(by: 31 * 86_400)
        let peer = Peer(address: "192.0.2.7", endedCertificate: ended)
        for _ in 0..<100 { _ = try await TestDevice("d1", secret: "").provision(at: rig, as: peer) }
        #expect(try await Self.count(rig, "d1") <= 1 + Issuer.renewalBurst)
    }
}
