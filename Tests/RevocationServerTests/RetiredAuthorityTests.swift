internal import HTTPTypes
internal import Issuing
import IssuingTestSupport
internal import Journal
import RouteTestSupport
internal import SecretsTestSupport
import Testing

@Suite struct RetiredAuthorityTests {
    @Test func retiredByForce_CertificatesUnderItCountNoMore() async throws {
        let rig = try await RevocationRig()
        try await rig.addSecret("s3cret", for: "dev1")
        let old = try await TestDevice("dev1", secret: "s3cret").enrol(at: rig).certificate
        try await rig.issuer.rotate(rig.issuing.catalogue, by: .hub)
        try await rig.issuer.retire(1, catalogue: rig.issuing.catalogue, force: true, by: .hub)
        #expect(rig.issuer.standing(of: [old]) == .refused)
        let list = try await rig.publication.send(.get, "/pki/ca.crl")
        #expect(list.status == .ok)
    }
}
