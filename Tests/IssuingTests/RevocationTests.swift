internal import Devices
import Issuing
internal import IssuingTestSupport
internal import Journal
import PKI
internal import Rooms
internal import SecretsTestSupport
import Testing
internal import Wire

/// Certificates taken back: by serial and by device, held and let go, over a restart.
@Suite struct RevocationTests {
    private static func provisioned(_ rig: IssuingRig, _ id: String = "dev1") async throws -> (TestDevice, Certificate)
    {
        try await rig.addSecret("s3cret", for: id)
        let device = try TestDevice(id, secret: "s3cret")
        let answer = try await device.enrol(at: rig)
        return (device, try answer.certificate)
    }

    @Test func revokedDevice_CantEnrolUntilItIsApproved() async throws {
        let rig = try await IssuingRig()
        let (device, _) = try await Self.provisioned(rig)
        try await rig.issuer.revoke(deviceID: "dev1", reason: .cessationOfOperation, by: .hub)
        #expect(try await device.enrol(at: rig).status == .rejected)
        try await rig.addSecret("s3cret", for: "dev1")
        #expect(try await device.enrol(at: rig).status == .rejected)
        try await rig.rooms.devices.approve("dev1", fingerprint: device.key.publicKey.fingerprint, by: .hub)
        #expect(try await device.enrol(at: rig).status == .approved)
    }

    @Test func reasonSuperseded_LeavesTheDeviceItsRight() async throws {
        let rig = try await IssuingRig()
        let (_, certificate) = try await Self.provisioned(rig)
        try await rig.issuer.revoke(serial: certificate.serial.description, reason: .superseded, by: .hub)
        #expect(try await rig.rooms.devices.device("dev1").state == .approved)
    }

    @Test func hold_CanBeLifted_OtherReasonsCannot() async throws {
        let rig = try await IssuingRig()
        let (_, certificate) = try await Self.provisioned(rig)
        let serial = certificate.serial.description
        let issuer = rig.issuer
        try await issuer.revoke(deviceID: "dev1", reason: .certificateHold, by: .hub)
        #expect(issuer.standing(of: [certificate]) == .refused)
        try await issuer.unhold(deviceID: "dev1", by: .hub)
        #expect(issuer.standing(of: [certificate]) == .valid)
        #expect(try await rig.rooms.devices.device("dev1").state == .approved)
        try await issuer.revoke(serial: serial, reason: .certificateHold, by: .hub)
        let final = try await issuer.revoke(serial: serial, reason: .keyCompromise, by: .hub)
        #expect(final.reason == .keyCompromise)
        await #expect(throws: IssuingError.notOnHold(serial)) { try await issuer.unhold(serial: serial, by: .hub) }
        let repeated = try await issuer.revoke(serial: serial, reason: .privilegeWithdrawn, by: .hub)
        #expect(repeated.reason == .keyCompromise)
    }

    @Test func removedDevice_LosesEveryCertificate() async throws {
        let rig = try await IssuingRig()
        let (device, first) = try await Self.provisioned(rig)
        let second = try await device.enrol(at: rig, with: first).certificate
        try await rig.issuer.remove(deviceID: "dev1", by: .hub)
        for certificate in [first, second] { #expect(rig.issuer.standing(of: [certificate]) == .refused) }
    }

    @Test func strangersCertificate_IsRefused_ServerCertificateIsNoClient() async throws {
        let rig = try await IssuingRig()
        let other = try await IssuingRig()
        let (_, foreign) = try await Self.provisioned(other)
        #expect(rig.issuer.standing(of: [foreign]) == .refused)
        let server = try await rig.issuer.issue(
            commonName: "hub.example", ou: "server", publicKey: try PrivateKey.makeP256().publicKey,
            names: [.dns("hub.example")], by: .hub)
        #expect(rig.issuer.standing(of: [server]) == .refused)
    }
}
