internal import Encoding
internal import Journal
internal import JournalTestSupport
import Testing
import Updates
internal import UpdatesTestSupport

@testable import LinkServer

/// What a device is told of an archive (docs/protocols/device-link.md 10).
@Suite struct LinkArchiveTests {
    @Test func payload_IsThatOfTheProtocol() async throws {
        let rig = try await UpdatesRig(clock: ManualClock(at: 1_790_000_000))
        try await rig.trust(for: .archive)
        let artifact = try await rig.bring(FirmwareSamples.bytes("all-metadata.fw"), isArchive: true)
        let payload = LinkArchive.payload(artifact, try #require(artifact.firmware), url: "https://hub/fw/x.fw?e=1")
        let text = String(decoding: payload.encoded(), as: UTF8.self)
        #expect(
            text
                == #"{"uuid":"6e4127c5-2c65-5788-308e-5c281d9c0cb7","version":"1.2.3","size":\#(artifact.size),"#
                + #""description":"A widget","platform":"sim","architecture":"x86_64","#
                + #""uploaded_at":"2026-09-21T14:13:20","url":"https://hub/fw/x.fw?e=1"}"#)
    }

    @Test func sameArchive_IsSentOnce_UntilTheDeviceBeginsAnew() {
        let sent = SentArchive()
        #expect(sent.isNew("a") && !sent.isNew("a") && sent.isNew("b") && sent.isNew("a"))
        sent.forget()
        #expect(sent.isNew("a"))
    }
}
