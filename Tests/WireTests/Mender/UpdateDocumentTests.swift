import BaseTestSupport
import Encoding
import Testing

@testable import Wire

/// The documents of docs/protocols/mender.md 7 and 8 as the protocol shows them, and at their limits.
@Suite struct UpdateDocumentTests {
    private static let version2 =
        #"{"device_provides":{"artifact_name":"rel-0","device_type":"qemu","rootfs-image.version":"rel-0"},"#
        + #""update_control_map":true}"#
    private static let version1 = #"{"artifact_name":"rel-0","device_type":"qemu","rootfs-image.version":"rel-0"}"#

    @Test func questionsOfTheProtocol_AreRead() throws {
        let provides = ["rootfs-image.version": "rel-0"]
        let two = try UpdateRequest(parsing: Array(Self.version2.utf8), version: .two)
        #expect(
            two
                == UpdateRequest(
                    artifactName: "rel-0", deviceType: "qemu", provides: provides, takesControlMap: true))
        #expect(String(decoding: two.encoded(), as: UTF8.self) == Self.version2)
        let one = try UpdateRequest(parsing: Array(Self.version1.utf8), version: .one)
        #expect(one == UpdateRequest(artifactName: "rel-0", deviceType: "qemu", provides: provides))
        #expect(String(decoding: one.encoded(version: .one), as: UTF8.self) == Self.version1)
        #expect(throws: MessageError.wrongType("device_provides")) {
            try UpdateRequest(parsing: Array(Self.version1.utf8), version: .two)
        }
    }

    @Test(arguments: [("true", true), ("false", false), ("null", false), ("1", false), ("\"true\"", false)])
    func holdPoints_AreUnderstoodOnlyWithTrue(text: String, takes: Bool) throws {
        let body = Self.version2.replacingFirst(":true", with: ":\(text)")
        #expect(try UpdateRequest(parsing: Array(body.utf8), version: .two).takesControlMap == takes)
    }

    @Test func question_Has512ValuesAtMost() throws {
        func question(_ provides: Int) -> [UInt8] {
            UpdateRequest(
                artifactName: "a", deviceType: "b",
                provides: Dictionary(uniqueKeysWithValues: (0..<provides).map { ("p\($0)", "v") })
            ).encoded()
        }
        // The body, the report, and the two members that must be there.
        #expect(try UpdateRequest(parsing: question(508), version: .two).provides.count == 508)
        #expect(throws: MessageError.tooManyValues(limit: 512)) {
            try UpdateRequest(parsing: question(509), version: .two)
        }
    }

    private static let instructions =
        #"{"id":"dfbd7ef6-86c1-41da-b7cf-9cdbc4945fe6","artifact":{"id":"5a6c","artifact_name":"rel-1","#
        + #""device_types_compatible":["qemu","rpi"],"source":{"#
        + #""uri":"https://hub.example/artifacts/5a6c/rel-1.mender?expire=1795307641","#
        + #""expire":"2026-11-22T00:34:01Z"}},"type":"software"}"#

    @Test func instructionsOfTheProtocol_AreRead() throws {
        let read = try UpdateInstructions(parsing: Array(Self.instructions.utf8))
        #expect(read.id == "dfbd7ef6-86c1-41da-b7cf-9cdbc4945fe6" && read.artifactID == "5a6c")
        #expect(read.artifactName == "rel-1" && read.deviceTypes == ["qemu", "rpi"] && read.controlMap == nil)
        // The link names the same second.
        #expect(read.source.expiresAt == 1_795_307_641)
        #expect(String(decoding: read.encoded(), as: UTF8.self) == Self.instructions)
        for cut in Damage.beginnings(of: Array(Self.instructions.utf8)) {
            #expect(throws: MessageError.self) { try UpdateInstructions(parsing: cut) }
        }
    }

    @Test(arguments: [
        ("id", "dfbd7ef6-86c1-41da-b7cf-9cdbc4945fe6"), ("artifact_name", "rel-1"),
        ("uri", "https://hub.example/artifacts/5a6c/rel-1.mender?expire=1795307641"),
    ])
    func instructionsWithoutWhatTheyNeed_SayWhatIsMissing(name: String, value: String) {
        for body in [
            Self.instructions.replacingFirst("\"\(name)\":\"\(value)\"", with: "\"\(name)\":\"\""),
            Self.instructions.replacingFirst("\"\(name)\":\"\(value)\"", with: "\"\(name)\":1"),
            Self.instructions.replacingFirst("\"\(name)\":\"\(value)\"", with: "\"\(name)_\":\"\(value)\""),
        ] {
            #expect(throws: MessageError.missingMember(name)) { try UpdateInstructions(parsing: Array(body.utf8)) }
        }
    }

    @Test func nullMap_IsNone_AndABrokenOneRefusesTheInstructions() throws {
        func with(_ map: String) -> [UInt8] {
            Array(Self.instructions.replacingFirst("}},", with: "}},\"update_control_map\":\(map),").utf8)
        }
        #expect(try UpdateInstructions(parsing: with("null")).controlMap == nil)
        #expect(try UpdateInstructions(parsing: with(#"{"states":{}}"#)).controlMap == UpdateControlMap(states: [:]))
        for (map, error) in [
            ("[]", MessageError.wrongType("update_control_map")), (#"{"x":1}"#, .invalidMember("update_control_map")),
            (#"{"states":1}"#, .wrongType("update_control_map.states")),
            (#"{"priority":11}"#, .invalidMember("update_control_map.priority")),
            (#"{"priority":-11}"#, .invalidMember("update_control_map.priority")),
        ] {
            #expect(throws: error, "\(map)") { try UpdateInstructions(parsing: with(map)) }
        }
        for priority in [-10, 10] {
            let map = try UpdateInstructions(parsing: with(#"{"priority":\#(priority)}"#)).controlMap
            #expect(map?.priority == priority)
        }
    }

    @Test func logOfTheProtocol_IsRead() throws {
        let text =
            #"{"messages":[{"level":"info","message":"Running Mender client version: 3.4.0+ds1-5+b1","#
            + #""timestamp":"2026-11-21T00:34:01Z"},{"level":"debug","#
            + #""message":"Status reported, response 204 No Content","#
            + #""timestamp":"2026-11-21T00:34:01Z"}]}"#
        let report = try LogReport(parsing: Array(text.utf8))
        #expect(report.messages.map(\.level) == ["info", "debug"])
        #expect(String(decoding: report.encoded(), as: UTF8.self) == text)
        for name in ["level", "message", "timestamp"] {
            let body = text.replacingFirst("\"\(name)\":", with: "\"x\":")
            #expect(throws: MessageError.invalidMember("messages")) { try LogReport(parsing: Array(body.utf8)) }
        }
        for body in ["{}", #"{"messages":[]}"#, #"{"messages":{}}"#, #"{"messages":null}"#] {
            #expect(throws: MessageError.missingMember("messages")) { try LogReport(parsing: Array(body.utf8)) }
        }
    }

    @Test func log_IsAMebibyteAtMost() throws {
        let frame = LogReport([.init(level: "l", text: "", time: "t")]).encoded().count
        let text = String(repeating: "x", count: LogReport.limits.bytes - frame)
        let largest = LogReport([.init(level: "l", text: text, time: "t")]).encoded()
        #expect(try LogReport(parsing: largest).messages[0].text == text)
        #expect(throws: MessageError.tooLarge(limit: 1 << 20)) { try LogReport(parsing: largest + [0x20]) }
    }

    /// Programs read statistics by these words, in this order (docs/protocols/mender.md 10.1).
    @Test func wordsOfTheProtocol_AreThese() {
        #expect(
            DeploymentStatus.allCases.map(\.rawValue) == [
                "pending", "downloading", "pause_before_installing", "installing", "pause_before_rebooting",
                "rebooting", "pause_before_committing", "success", "failure", "already-installed", "noartifact",
                "aborted", "decommissioned",
            ])
        #expect(InventoryScope.allCases.map(\.rawValue) == ["inventory", "identity", "system", "tags", "monitor"])
        #expect(UpdateInstructions.Kind.allCases.map(\.rawValue) == ["software", "configuration"])
    }
}
