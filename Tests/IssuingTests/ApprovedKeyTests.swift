internal import Devices
import Issuing
internal import IssuingTestSupport
internal import Journal
import PKI
internal import Rooms
import Testing
import Wire

@Suite struct ApprovedKeyTests {
    private static func sighting(_ address: String, key: String = "aa") -> Sighting {
        Sighting(address: address, mac: "", fingerprint: String(repeating: key, count: 32))
    }

    private static func ask(
        _ rooms: Rooms, _ id: String, from address: String, key: String = "aa"
    ) async throws {
        _ = try await rooms.devices.recordPending(
            id, sighting(address, key: key), by: Requester(name: "anonymous", address: address))
    }

    @Test func operatorWhoReadsAnotherFingerprintOnTheDevice_ApprovesThatOne() async throws {
        let rig = try await IssuingRig()
        let rooms = rig.rooms
        let real = try TestDevice("lamp", secret: "")
        await #expect(throws: DevicesError.unknownDevice("lamp")) {
            try await rooms.devices.approve("lamp", fingerprint: real.key.publicKey.fingerprint, by: .hub)
        }
        try await Self.ask(rooms, "lamp", from: "198.51.100.1")
        await #expect(throws: DevicesError.fingerprintMismatch("lamp")) {
            try await rooms.devices.approve("lamp", fingerprint: real.key.publicKey.fingerprint, by: .hub)
        }
        #expect(try await real.enrol(at: rig).status == .waiting)
        await #expect(throws: DevicesError.fingerprintMismatch("lamp")) {
            try await rooms.devices.approve("lamp", fingerprint: String(repeating: "c", count: 64), by: .hub)
        }
        try await rooms.devices.approve("lamp", fingerprint: real.key.publicKey.fingerprint, by: .hub)
        #expect(try await real.enrol(at: rig).status == .approved)
        #expect(try await rooms.devices.device("lamp").otherKeys == 0)
    }
}
