internal import Devices
internal import Encoding
import Foundation
import Issuing
internal import IssuingTestSupport
internal import Journal
internal import JournalTestSupport
import PKI
internal import Rooms
import Store
import Testing
internal import Wire

@Suite struct DeviceEventTests {
    private static let url = "https://desk.example/hook"

    private static func messages(_ rig: IssuingRig, of id: String) async throws -> [WebhookMessage] {
        var messages: [WebhookMessage] = []
        while let next = try await rig.rooms.journal.nextDelivery(of: id) {
            messages.append(next.message)
            try await rig.rooms.journal.delivered(next)
        }
        return messages
    }

    /// Everything a device's life tells, in its order.
    @Test func eventsOfADevice_AreQueuedInTheirOrder_ForWhoWantsThem() async throws {
        let rig = try await IssuingRig()
        let rooms = rig.rooms
        let all = try await rooms.journal.addWebhook(NewWebhook(url: Self.url), by: .hub).webhook
        let some = try await rooms.journal.addWebhook(NewWebhook(url: Self.url, events: [.refused]), by: .hub)
            .webhook
        let device = try TestDevice("d1", secret: "")
        _ = try await device.enrol(at: rig)
        try await rooms.devices.approve("d1", fingerprint: device.key.publicKey.fingerprint, by: .hub)
        let certificate = try await device.enrol(at: rig).certificate
        _ = try await device.enrol(at: rig, with: certificate)
        try await rig.issuer.reject(deviceID: "d1", by: .hub)

        let told = try await Self.messages(rig, of: all.id)
        #expect(told.map(\.event) == ["pending", "approved", "approved", "refused"], "a renewal is no news")
        #expect(told.allSatisfy { $0.subject == "d1" && $0.at == rig.clock.now })
        #expect(told[0].detail.contains("192.0.2.7") && told[2].detail.contains(certificate.serial.description))
        #expect(Set(told.map(\.id)).count == 4)
        #expect(try await Self.messages(rig, of: some.id).map(\.id) == [told[3].id], "one event, one ID")
    }
}
