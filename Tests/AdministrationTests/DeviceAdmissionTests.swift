import Administration
import IssuingTestSupport
import Issuing
import PKI
import Devices
import Journal
import Reach
internal import Rooms
import Secrets
import Testing
internal import Wire

/// Approving devices and revoking their certificates, without HTTP.
@Suite struct DeviceAdmissionTests {
    @Test func waitingDevice_IsApprovedBySecretOrFingerprint() async throws {
        let rig = try await IssuingRig()
        let admission = DeviceAdmission(
            issuer: rig.issuer, devices: rig.rooms.devices, identities: rig.rooms.identities,
            secrets: rig.rooms.secrets)
        for id in ["d1", "d2"] {
            let device = try TestDevice(id, secret: "s3cret")
            #expect(try await device.enrol(at: rig).status == .waiting)
            let proof: DeviceAdmission.Proof =
                id == "d1"
                ? .secret(Array("s3cret".utf8), validUntil: "") : .fingerprint(device.key.publicKey.fingerprint)
            try await admission.approve(id, by: proof, for: .hub)
            #expect(try await device.enrol(at: rig).status == .approved)
        }
    }

    @Test func keyOfTheUpdateProtocol_IsAcceptedOnlyWhereThereIsOne() async throws {
        let rig = try await IssuingRig()
        let admission = DeviceAdmission(
            issuer: rig.issuer, devices: rig.rooms.devices, identities: rig.rooms.identities,
            secrets: rig.rooms.secrets)
        let pem = try PrivateKey.makeP256().publicKey.pem()
        let id = try await admission.preauthorize(
            identity: #"{"mac":"00:11"}"#, publicKeyPEM: pem, force: false, by: .hub)
        // It is accepted at its first request, not by hand.
        await #expect(throws: IdentityError.self) { try await admission.accept(id, fingerprint: nil, by: .hub) }
        await #expect(throws: IdentityError.self) {
            try await admission.accept(id, fingerprint: String(repeating: "0", count: 64), by: .hub)
        }
        let device = try TestDevice("d1", secret: "s3cret")
        _ = try await device.enrol(at: rig)
        await #expect(throws: AdministrationError.self) { try await admission.accept("d1", fingerprint: nil, by: .hub) }
        for (identity, key) in [("{}", pem), ("no JSON", pem), (#"{"mac":"1"}"#, "no key")] {
            await #expect(throws: AdministrationError.self) {
                try await admission.preauthorize(identity: identity, publicKeyPEM: key, force: false, by: .hub)
            }
        }
    }

    @Test func certificate_IsRevokedByEachOfItsNames() async throws {
        let rig = try await IssuingRig()
        let revocation = Revocation(issuer: rig.issuer)
        func certificate(_ name: String) async throws -> Certificate {
            try await rig.issuer.issue(
                commonName: name, ou: "client", publicKey: try PrivateKey.makeP256().publicKey, by: .hub)
        }
        let byHand = try await certificate("c0")
        for (target, serial) in [
            (Revocation.Target.certificate(byHand), byHand.serial.description),
            (.serial(try await certificate("c1").serial.description), nil),
            (.serialOrDevice(try await certificate("c2").serial.description), nil),
        ] {
            let records = try await revocation.revoke(target, reason: .certificateHold, by: .hub)
            #expect(records.count == 1 && records[0].revokedAt != nil)
            if let serial { #expect(records[0].serial == serial) }
            #expect(try await revocation.unhold(target, by: .hub).allSatisfy { $0.revokedAt == nil })
        }
    }
}
