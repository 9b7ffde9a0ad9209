import Encoding
import Testing

@testable import Wire

/// What a join says (docs/protocols/device-link.md 6.1).
@Suite struct LinkJoinTests {
    private static func join(_ text: String) throws -> LinkJoin { LinkJoin(try JSONValue(parsing: Array(text.utf8))) }

    @Test func recordedJoin_IsReadWhole() throws {
        let join = try Self.join(
            """
            {"archive_public_keys":"on_connect","console_version":"2.0.0","currently_downloading_uuid":null,
            "device_api_version":"2.3.0","fwup_public_keys":"on_connect","fwup_version":"1.16.0",
            "meta":{"firmware_auto_revert_detected":false,"firmware_validated":true},
            "nerves_fw_architecture":"x86_64","nerves_fw_author":"me","nerves_fw_description":"test firmware",
            "nerves_fw_misc":"","nerves_fw_platform":"sim","nerves_fw_product":"widget",
            "nerves_fw_uuid":"8a8b902c-d1a9-58aa-6111-04ab57c2f2a8","nerves_fw_validated":"1",
            "nerves_fw_vcs_identifier":"abc123","nerves_fw_version":"0.1.0"}
            """)
        #expect(join.version == LinkVersion("2.3.0") && join.version.text == "2.3.0")
        #expect(
            join.firmware
                == LinkFirmware(
                    uuid: "8a8b902c-d1a9-58aa-6111-04ab57c2f2a8", product: "widget", version: "0.1.0", platform: "sim",
                    architecture: "x86_64"))
        #expect(join.wantsFirmwareKeys && join.wantsArchiveKeys)
        #expect(join.isValidated == true && !join.hasReverted)
        #expect(join.downloading == nil && join.tool == nil && join.toolVersion == "1.16.0")
    }

    @Test(arguments: ["{}", "[]", "null", #"{"device_api_version":7,"meta":[],"nerves_fw_uuid":{}}"#])
    func oddJoin_IsReadAsNothing(text: String) throws {
        let join = try Self.join(text)
        #expect(join.version == .first && !join.firmware.isComplete && join.isValidated == nil)
    }

    @Test func raucDevice_IsReadByItsOwnNames() throws {
        let join = try Self.join(
            #"{"rauc_uuid":"u","rauc_version":"1.0.0","rauc_compatible":"board","rauc_architecture":"arm"}"#)
        #expect(
            join.firmware
                == LinkFirmware(uuid: "u", product: "board", version: "1.0.0", platform: "board", architecture: "arm"))
        #expect(join.tool == "rauc")
    }

    @Test(arguments: [("2.10.0", true), ("2.2.0", true), ("2.1.9", false), ("1.0.0", false)])
    func versions_AreComparedByNumber(text: String, hasExtensions: Bool) throws {
        let version = try #require(LinkVersion(text))
        #expect((version >= .hasExtensions) == hasExtensions)
    }

    @Test(arguments: ["", "2", "2.3", "2.3.x", "2.3.0.1", "2..0", "-1.0.0", "2.3.99999999999"])
    func otherText_IsNoVersion(text: String) { #expect(LinkVersion(text) == nil) }

    @Test func longTexts_AreCutBetweenCharacters() throws {
        let join = try Self.join(#"{"nerves_fw_product":""# + String(repeating: "ä", count: 600) + #""}"#)
        #expect(join.firmware.product == String(repeating: "ä", count: 512))
    }
}

/// Reports of an update (docs/protocols/device-link.md 7.3).
@Suite struct LinkStatusTests {
    private static func value(_ text: String) throws -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }

    @Test(arguments: [
        (#"{"status":"received"}"#, LinkStatus.received),
        (#"{"downloader_network_interface":"lo","status":"started"}"#, .started(interface: "lo")),
        (#"{"status":"started"}"#, .started(interface: nil)),
        (#"{"status":"downloading","progress":16}"#, .downloading(16)),
        (#"{"status":"updating","progress":101}"#, .updating(100)),
        (#"{"status":"completed"}"#, .completed),
        (#"{"status":"ignored","reason":""}"#, .ignored(reason: "")),
        (#"{"status":"failed","reason":"Download failed : x"}"#, .failed(reason: "Download failed : x")),
        (#"{"status":"rescheduled","delay_for":5}"#, .rescheduled(seconds: 300, reason: "")),
        (#"{"status":"rescheduled","delay_for":1,"reason":"r"}"#, .rescheduled(seconds: 300, reason: "r")),
        (#"{"status":"rescheduled","delay_for":30}"#, .rescheduled(seconds: 1800, reason: "")),
        (#"{"status":"rescheduled","delay_for":10080}"#, .rescheduled(seconds: 604_800, reason: "")),
        (#"{"status":"rescheduled","delay_for":900000}"#, .rescheduled(seconds: 900, reason: "")),
        (#"{"status":"rescheduled","delay_for":10081}"#, .rescheduled(seconds: 300, reason: "")),
        (#"{"status":"rescheduled","delay_for":9223372036854775807}"#, .rescheduled(seconds: 604_800, reason: "")),
        (#"{"status":"rescheduled"}"#, .rescheduled(seconds: 300, reason: "")),
        (#"{"status":"FWUP error with: bad"}"#, .failed(reason: "FWUP error with: bad")),
    ])
    func status_IsRead(text: String, status: LinkStatus) throws {
        #expect(LinkStatus(status: try Self.value(text)) == status)
    }

    @Test(arguments: [
        (#"{"stage":"downloading","value":0}"#, LinkStatus.downloading(0)),
        (#"{"stage":"updating","value":100}"#, .updating(100)),
        (#"{"value":16}"#, .updating(16)), (#"{"value":100}"#, .completed), (#"{"value":-5}"#, .updating(0)),
        (#"{"value":1e300}"#, .completed), (#"{"stage":"updating","value":33.7}"#, .updating(33)),
    ])
    func progress_IsRead(text: String, status: LinkStatus) throws {
        #expect(LinkStatus(progress: try Self.value(text)) == status)
    }

    @Test(arguments: [
        #"{"status":"dancing"}"#, "{}", "[]", #"{"status":7}"#, #"{"value":"7"}"#, #"{"stage":"x","value":7}"#,
    ])
    func otherReports_AreNothing(text: String) throws {
        #expect(LinkStatus(status: try Self.value(text)) == nil)
        #expect(LinkStatus(progress: try Self.value(text)) == nil)
    }
}
