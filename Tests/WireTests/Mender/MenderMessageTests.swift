import BaseTestSupport
import Encoding
import Testing

@testable import Wire

/// docs/protocols/mender.md 3, 6, 7, 8 and 14: what devices and the hub say to each other, in both directions.
@Suite struct MenderMessageTests {
    @Test(arguments: MenderMessage.all) func message_IsWrittenAsItWasRead(_ message: MenderMessage) throws {
        let bytes = try message.reread(Array(message.body.utf8))
        #expect(String(decoding: bytes, as: UTF8.self) == message.body)
    }

    @Test(arguments: MenderMessage.all) func whatIsNoMessage_IsRefused(_ message: MenderMessage) {
        for body in ["", "{", "1", "null", "\"a\"", message.body + "}", "[1]", #"{"a":{"#] {
            #expect(throws: (any Error).self, "\(body)") { try message.reread(Array(body.utf8)) }
        }
    }

    private static let refusals: [(body: String, error: MessageError)] = [
        ("{}", .wrongType("device_provides")), (#"{"device_provides":[]}"#, .wrongType("device_provides")),
        (#"{"device_provides":{"artifact_name":1}}"#, .wrongType("device_provides")),
        (#"{"device_provides":{"device_type":"a"}}"#, .missingMember("artifact_name")),
        (#"{"device_provides":{"artifact_name":"","device_type":"a"}}"#, .missingMember("artifact_name")),
        (#"{"device_provides":{"artifact_name":"a"}}"#, .missingMember("device_type")),
        (
            #"{"device_provides":{"artifact_name":"a","artifact_name":"b","device_type":"a"}}"#,
            .duplicateMember("of an object")
        ),
    ]

    @Test func incompleteQuestion_SaysWhatIsMissing() {
        for (body, error) in Self.refusals {
            #expect(throws: error, "\(body)") { try UpdateRequest(parsing: Array(body.utf8), version: .two) }
        }
        #expect(throws: MessageError.missingMember("device_type")) {
            try UpdateRequest(values: ["artifact_name": "a", "device_type": ""])
        }
    }

    @Test func threeFormsOfAQuestion_MeanTheSame() throws {
        let values = ["artifact_name": "a", "device_type": "b", "c": "d"]
        let question = try UpdateRequest(values: values)
        #expect(question == UpdateRequest(artifactName: "a", deviceType: "b", provides: ["c": "d"]))
        for version in UpdateRequest.Version.allCases {
            #expect(try UpdateRequest(parsing: question.encoded(version: version), version: version) == question)
        }
        // Version 1 has no place to say that hold points are understood.
        var holding = question
        holding.takesControlMap = true
        #expect(try UpdateRequest(parsing: holding.encoded(version: .one), version: .one) == question)
    }

    @Test func everyWordOfAStatus_IsRead() throws {
        for status in DeploymentStatus.allCases {
            let report = StatusReport(status, substate: "s")
            #expect(try StatusReport(parsing: report.encoded()) == report)
        }
        for body in ["{}", #"{"status":null}"#, #"{"status":1}"#, #"{"status":"Success"}"#, #"{"state":"success"}"#] {
            #expect(throws: MessageError.invalidMember("status"), "\(body)") {
                try StatusReport(parsing: Array(body.utf8))
            }
        }
        #expect(try StatusReport(parsing: Array(#"{"status":"success","substate":7}"#.utf8)).substate.isEmpty)
    }

    private static let badMaps: [String] = [
        "[]", "null", #"{"x":1}"#, #"{"priority":11}"#, #"{"priority":"1"}"#, #"{"priority":1.5}"#, #"{"states":[]}"#,
        #"{"states":{"Sync_Enter":{"action":"pause"}}}"#, #"{"states":{"ArtifactInstall_Enter":[]}}"#,
        #"{"states":{"ArtifactInstall_Enter":{"action":"stop"}}}"#,
        #"{"states":{"ArtifactInstall_Enter":{"action":null}}}"#,
        #"{"states":{"ArtifactInstall_Enter":{"on_map_expire":"pause"}}}"#,
        #"{"states":{"ArtifactInstall_Enter":{"other":"pause"}}}"#,
    ]

    @Test func mapADeviceWouldRefuse_IsRefused() {
        for map in Self.badMaps {
            #expect(throws: MessageError.self, "\(map)") {
                try ControlMapMessage(parsing: Array(#"{"update_control_map":\#(map)}"#.utf8))
            }
        }
    }

    @Test func everyPointAndAction_IsReadAsWritten() throws {
        for point in UpdateControlMap.Point.allCases {
            for action in UpdateControlMap.Action.allCases {
                let state = UpdateControlMap.State(
                    action: action, onMapExpire: action == .pause ? nil : action, onActionExecuted: action)
                let message = ControlMapMessage(UpdateControlMap(id: "d", priority: 10, states: [point: state]))
                #expect(try ControlMapMessage(parsing: message.encoded()) == message)
            }
        }
    }

    private static let badInstructions: [String] = [
        #"{"id":"d"}"#, #"{"id":"","artifact":{}}"#,
        #"{"id":"d","artifact":{"artifact_name":"a","device_types_compatible":["q"]}}"#,
        #"{"id":"d","artifact":{"artifact_name":"a","device_types_compatible":[1],"source":{"uri":"u"}}}"#,
        #"{"id":"d","artifact":{"artifact_name":"a","device_types_compatible":["q"],"source":{"uri":""}}}"#,
        #"{"id":"d","artifact":{"artifact_name":"a","device_types_compatible":["q"],"source":{"uri":"u"}},"type":"x"}"#,
    ]

    @Test func incompleteInstructions_AreRefused_AndOddTimesAreNone() throws {
        for body in Self.badInstructions {
            #expect(throws: MessageError.self, "\(body)") { try UpdateInstructions(parsing: Array(body.utf8)) }
        }
        let odd =
            #"{"id":"d","artifact":{"artifact_name":"a","device_types_compatible":[],"#
            + #""source":{"uri":"u","expire":"soon"}}}"#
        let read = try UpdateInstructions(parsing: Array(odd.utf8))
        #expect(read.source == UpdateInstructions.Source(uri: "u", expiresAt: nil))
        #expect(read.kind == .software && read.controlMap == nil && read.artifactID.isEmpty)
    }

    /// Thousands of damaged messages from a fixed seed: what is accepted means the same when it is written and read
    /// again.
    @Test(arguments: MenderMessage.all) func damagedMessage_MeansTheSameWhenWrittenAgain(
        _ message: MenderMessage
    ) throws {
        var generator = SeededGenerator(7)
        var accepted = 0
        for _ in 0..<3000 {
            let body = IDProvMutationTests.damaged(Array(message.body.utf8), &generator)
            guard let written = try? message.reread(body) else { continue }
            accepted += 1
            #expect(try message.reread(written) == written)
        }
        #expect(accepted > 0)
    }
}
