import Foundation
import Issuing
internal import IssuingTestSupport
internal import Journal
internal import People
internal import Rooms
internal import SecretsTestSupport
import Store
import Testing

@Suite struct AuditedEnrolmentTests {
    @Test func everyChangeLeavesAnEvent_WithoutTheSecret() async throws {
        let rig = try await IssuingRig()
        let rooms = rig.rooms
        try await rig.addSecret("very-secret", for: "d1")
        _ = try await TestDevice("d1", secret: "very-secret").enrol(at: rig)
        try await rig.issuer.reject(deviceID: "d1", by: .hub)
        try await rooms.people.addUser("eve", role: .viewer, password: "long enough pass", by: .hub)
        try await rooms.people.setPassword("eve", password: "another long pass", by: .hub)
        try await rooms.people.removeUser("eve", by: .hub)
        let events = try await rooms.journal.auditEvents(before: nil, subject: nil, limit: 100)
        #expect(
            events.reversed().map(\.action) == [
                "secret.add", "device.enrol", "device.reject", "certificate.revoke", "user.add", "user.passwd",
                "user.remove",
            ])
        for event in events { #expect(!event.detail.contains("secret-") && !event.detail.contains("pass")) }
        #expect(try await rooms.journal.verifyAudit() == .intact(events: 7))
    }
}
