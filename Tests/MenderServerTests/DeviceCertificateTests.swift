import Devices
internal import Encoding
import HTTPTypes
import HubHTTP
import Issuing
internal import IssuingTestSupport
internal import Journal
internal import JournalTestSupport
import MenderServer
import PKI
internal import Rooms
internal import RouteTestSupport
internal import SecretsTestSupport
import Testing
internal import Wire

/// One record for all protocols: identities of devices that hold a certificate of the hub.
@Suite struct DeviceCertificateTests {
    private typealias Site = DevauthSite
    private static let identity = DevauthSite.identity

    /// A device that holds a certificate of the hub, as a peer that shows it.
    private static func certified(_ site: Site, _ id: String) async throws -> (TestDevice, Peer) {
        try await site.client.rig.addSecret("s3cret", for: id)
        let device = try TestDevice(id, secret: "s3cret")
        let certificate = try await device.enrol(at: site.client.rig).certificate
        return (device, Peer(address: "192.0.2.7", certificate: certificate))
    }

    @Test func deviceWithCertificate_GetsATokenAtOnce_OnItsOwnRecord() async throws {
        let site = try await Site()
        let (_, peer) = try await Self.certified(site, "dev1")
        let device = try UpdateDevice(site.client, Self.identity)
        device.peer = peer
        #expect(try await device.authenticate().status == .ok)
        #expect(try await site.client.rooms.identities.session(deviceToken: device.token)?.deviceID == "dev1")
        #expect(try await site.client.rooms.devices.deviceCounts() == [.approved: 1])
        // A fresh key is as good, and replaces the one before.
        for _ in 0..<40 {
            site.client.rig.clock.advance(by: 600)
            let rekeyed = try UpdateDevice(site.client, Self.identity)
            rekeyed.peer = peer
            #expect(try await rekeyed.authenticate().status == .ok)
        }
        #expect(try await !device.isIn())
        #expect(try await site.statuses().count <= 16)
    }

    /// Each new key and each new name costs lines of the audit trail.
    @Test(arguments: [false, true])
    func deviceWithCertificate_ThatChangesWithoutEnd_HasToWait(changesName: Bool) async throws {
        let site = try await Site()
        let (_, peer) = try await Self.certified(site, "dev1")
        let key = try PrivateKey.makeP256()
        var statuses: [HTTPResponse.Status: Int] = [:]
        for number in 0..<200 {
            let device = try UpdateDevice(
                site.client, changesName ? #"{"mac":"\#(number)"}"# : Self.identity, key: changesName ? key : nil)
            device.peer = peer
            statuses[try await device.authenticate().status, default: 0] += 1
        }
        #expect(statuses == [.ok: 20, .unauthorized: 180])
        let events = try await site.client.rooms.journal.auditEvents(before: nil, subject: "dev1", limit: 1000)
        #expect(events.filter { $0.action.hasPrefix("identity.") }.count <= 80)
    }

    @Test func keyTheHubCertified_IsProofWithoutMTLS() async throws {
        let site = try await Site()
        let (enrolled, _) = try await Self.certified(site, "dev1")
        let device = try UpdateDevice(site.client, Self.identity, key: enrolled.key)
        #expect(try await device.authenticate().status == .ok)
        #expect(try await site.client.rooms.identities.session(deviceToken: device.token)?.deviceID == "dev1")
    }

    @Test func waitingDevice_ThatProvesItself_LeavesNoRecordBehind() async throws {
        let site = try await Site()
        let device = try UpdateDevice(site.client, Self.identity)
        #expect(try await device.authenticate().status == .unauthorized)
        let (_, peer) = try await Self.certified(site, "dev1")
        device.peer = peer
        #expect(try await device.authenticate().status == .ok)
        #expect(try await site.client.rooms.devices.deviceCounts() == [.approved: 1])
        #expect(try await site.client.rooms.identities.session(deviceToken: device.token)?.deviceID == "dev1")
    }

    @Test func acceptedDevice_ThatProvesItselfWithTheSameKey_MovesToItsRecord() async throws {
        let site = try await Site()
        let device = try await site.client.accepted(Self.identity, site.token)
        let id = try await site.device()["id"]
        let (_, peer) = try await Self.certified(site, "dev1")
        device.peer = peer
        #expect(try await device.authenticate().status == .ok)
        #expect(try await site.client.rooms.identities.session(deviceToken: device.token)?.deviceID == "dev1")
        #expect(try await site.device()["id"] == id)
        #expect(try await site.client.rooms.devices.deviceCounts() == [.approved: 1, .removed: 1])
    }

    @Test(arguments: [true, false])
    func identityOfAnotherDevice_IsNotTakenByACertificate(_ victimHasCertificate: Bool) async throws {
        let site = try await Site()
        let victim = try UpdateDevice(site.client, Self.identity)
        if victimHasCertificate {
            victim.peer = try await Self.certified(site, "victim").1
            try await victim.authenticate()
        } else {
            try await victim.authenticate()
            try await site.set("accepted")
            try await victim.authenticate()
        }
        #expect(try await victim.isIn())
        let thief = try UpdateDevice(site.client, Self.identity)
        thief.peer = try await Self.certified(site, "thief").1
        #expect(try await thief.authenticate().status == .unauthorized)
        #expect(try await thief.authenticate().status == .unauthorized)
        #expect(try await victim.isIn())
        #expect(try await site.statuses() == ["accepted", "pending"])
        // Nor by a name that differs in spelling only.
        let other = try UpdateDevice(site.client, #"{ "mac":"02:00:00:00:00:01" }"#)
        other.peer = thief.peer
        #expect(try await other.authenticate().status == .unauthorized)
        #expect(try await victim.isIn())
    }

    @Test func waitingIdentity_IsNotTakenByAnotherDevicesCertificate() async throws {
        let site = try await Site()
        let victim = try UpdateDevice(site.client, Self.identity)
        #expect(try await victim.authenticate().status == .unauthorized)
        let waiting = try #require(try await site.device()["id"]?.string)
        let (enrolled, peer) = try await Self.certified(site, "thief")
        // With its certificate and a fresh key, the same key again, and the key of its certificate, shown or not.
        let fresh = try UpdateDevice(site.client, Self.identity)
        #expect(try await fresh.authenticate().status == .unauthorized)
        for (key, shows) in [(nil, true), (fresh.key, true), (enrolled.key, true), (enrolled.key, false)] {
            let thief = try UpdateDevice(site.client, Self.identity, key: key)
            if shows { thief.peer = peer }
            #expect(try await thief.authenticate().status == .unauthorized)
            #expect(try await thief.authenticate().status == .unauthorized)
        }
        #expect(try await site.client.rooms.identities.identity(ofDevice: "thief") == nil)
        #expect(try await site.device()["id"]?.string == waiting)
        // The operator still finds the first key, and whoever has it gets in.
        try await site.set("accepted")
        #expect(try await victim.authenticate().status == .ok)
    }

    @Test func waitingIdentity_GoesToTheDeviceThatEnrolledTheKeyItAskedWith() async throws {
        let site = try await Site()
        try await site.client.rig.addSecret("s3cret", for: "dev1")
        let enrolling = try TestDevice("dev1", secret: "s3cret")
        let early = try UpdateDevice(site.client, Self.identity, key: enrolling.key)
        #expect(try await early.authenticate().status == .unauthorized)
        let certificate = try await enrolling.enrol(at: site.client.rig).certificate
        // Now with a key for updates alone, over a connection that shows the certificate.
        let later = try UpdateDevice(site.client, Self.identity)
        later.peer = Peer(address: "192.0.2.7", certificate: certificate)
        #expect(try await later.authenticate().status == .ok)
        #expect(try await site.client.rooms.identities.session(deviceToken: later.token)?.deviceID == "dev1")
    }

    @Test(arguments: ["reject", "revoke", "remove"], [true, false])
    func deviceThatIsShutOut_IsOutAtOnce_AndStaysOut(_ way: String, _ hasCertificate: Bool) async throws {
        let site = try await Site()
        let device = try UpdateDevice(site.client, Self.identity)
        if hasCertificate { device.peer = try await Self.certified(site, "dev1").1 }
        try await device.authenticate()
        if !hasCertificate { try await site.set("accepted") }
        let spare = try UpdateDevice(site.client, Self.identity)
        try await spare.authenticate()
        #expect(try await device.authenticate().status == .ok)
        let record = try await #require(try site.client.rooms.identities.session(deviceToken: device.token)?.deviceID)
        let shown = try await site.device()
        let issuer = site.client.rig.issuer
        switch way {
        case "reject": try await issuer.reject(deviceID: record, by: .hub)
        case "revoke": try await issuer.revoke(deviceID: record, reason: .keyCompromise, by: .hub)
        default: try await issuer.remove(deviceID: record, by: .hub)
        }
        device.peer = Peer(address: "192.0.2.7")
        #expect(try await !device.isIn())
        #expect(try await device.authenticate().status == .unauthorized)
        #expect(try await spare.authenticate().status == .unauthorized)
        let id = try #require(shown["id"]?.string)
        guard way != "remove" else {
            #expect(try await site.send(.get, "devices/\(id)").status == .notFound)
            return
        }
        #expect(try await site.send(.get, "devices/\(id)").json["status"]?.string == "rejected")
        // Changing another key of it does not bring it back.
        let spareSet = try #require(shown["auth_sets"]?.array?.last?["id"]?.string)
        #expect(try await site.send(.delete, "devices/\(id)/auth/\(spareSet)").status == .noContent)
        #expect(try await device.authenticate().status == .unauthorized)
        #expect(try await site.send(.get, "devices/\(id)").json["status"]?.string == "rejected")
        // The operator's word does.
        #expect(try await site.set("accepted").status == .noContent)
        #expect(try await device.authenticate().status == .ok)
    }

    @Test func rejectingADeviceWithCertificate_RevokesIt() async throws {
        let site = try await Site()
        let device = try UpdateDevice(site.client, Self.identity)
        device.peer = try await Self.certified(site, "dev1").1
        try await device.authenticate()
        let certificate = try #require(device.peer.certificate)
        #expect(site.client.rig.issuer.isValid(certificate))
        try await site.set("rejected")
        #expect(!site.client.rig.issuer.isValid(certificate))
        #expect(try await site.client.rooms.devices.device("dev1").state == .rejected)
        #expect(try await device.next().status == .forbidden)
    }

    @Test func rejectingARevokedDevice_LeavesItRevoked() async throws {
        let site = try await Site()
        let device = try UpdateDevice(site.client, Self.identity)
        device.peer = try await Self.certified(site, "dev1").1
        try await device.authenticate()
        let issuer = site.client.rig.issuer
        try await issuer.revoke(deviceID: "dev1", reason: .certificateHold, by: .hub)
        #expect(try await site.set("rejected").status == .noContent)
        #expect(try await site.client.rooms.devices.device("dev1").state == .revoked)
        try await issuer.unhold(deviceID: "dev1", by: .hub)
        #expect(try await device.isIn())
    }
}
