internal import Devices
import Issuing
import IssuingTestSupport
internal import Journal
internal import JournalTestSupport
import PKI
internal import Reach
internal import Rooms
internal import SecretsTestSupport
import Synchronization
import Testing
import Wire

/// What is announced when a right is taken: once, after the commit, and nothing when none is taken.
@Suite struct AnnouncedEndingsTests {
    @Test func device_IsAnnouncedBeforeItsCertificates_OnceEach_AndBothAreRefusedBefore() async throws {
        let rig = try await IssuingRig()
        let (issuer, rooms) = (rig.issuer, rig.rooms)
        try await rig.addSecret("s3cret", for: "d1")
        let answer = try await TestDevice("d1", secret: "s3cret").enrol(at: rig)
        let certificate = try answer.certificate
        let known = Mutex<[DeviceState?]>([])
        let log = EndingLog(rooms.journal.endings) { _ in
            let state = try? rooms.journal.store.lookUpNow { db in try rooms.devices.device("d1", in: db)?.state }
            #expect(issuer.isRevoked(certificate) && state == .revoked)
            known.withLock { $0.append(state) }
        }
        try await issuer.revoke(serial: "\(certificate.serial)", reason: .keyCompromise, by: .hub)
        #expect(log.heard == [.device("d1"), .certificates([certificate.serial])])
        #expect(known.withLock { $0 } == [.revoked, .revoked])
        // Doing it again takes nothing from anybody's certificates.
        try await issuer.revoke(serial: "\(certificate.serial)", reason: .keyCompromise, by: .hub)
        #expect(log.heard.filter { $0 == .certificates([certificate.serial]) }.count == 1)
    }

    @Test func tunnelToken_IsRefusedBeforeItsEndIsAnnounced() async throws {
        let rig = try await IssuingRig()
        let rooms = rig.rooms
        try await rig.addSecret("s3cret", for: "d1")
        _ = try await TestDevice("d1", secret: "s3cret").enrol(at: rig)
        let (token, text) = try await rooms.reach.issueTunnelToken(
            for: "d1", user: "ann", scope: .client, life: 60, by: .hub)
        #expect(await rooms.reach.tunnels.token(text) != nil)
        let log = EndingLog(rooms.journal.endings) { _ in
            rooms.reach.tunnels.judge(text) { #expect($0?.token == nil) }
        }
        try await rig.issuer.revokeTunnelToken(token.id, by: .hub)
        #expect(log.heard == [.tunnelToken(token.id)])
    }

    @Test func shutOutDevice_LosesItsTunnelTokensBeforeAnybodyElseHears() async throws {
        let rig = try await IssuingRig()
        let rooms = rig.rooms
        try await rig.addSecret("s3cret", for: "d1")
        _ = try await TestDevice("d1", secret: "s3cret").enrol(at: rig)
        let text = try await rooms.reach.issueTunnelToken(for: "d1", user: "ann", scope: .client, life: 60, by: .hub)
            .text
        let log = EndingLog(rooms.journal.endings) { ending in
            guard ending == .device("d1") else { return }
            rooms.reach.tunnels.judge(text) { #expect($0?.token == nil) }
        }
        try await rig.issuer.reject(deviceID: "d1", by: .hub)
        #expect(log.heard.first == .device("d1"))
    }
}
