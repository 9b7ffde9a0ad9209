import Encoding
import Testing

@testable import Wire

/// A device message of the update protocol with its two directions, as the tests below go through them.
struct MenderMessage: Sendable, CustomTestStringConvertible {
    let name: String
    /// A body as devices or the hub write it; read and written again it is the same, byte for byte.
    let body: String
    /// Reads a body and writes what was read.
    let reread: @Sendable ([UInt8]) throws -> [UInt8]
    var testDescription: String { name }

    static let all: [MenderMessage] = [
        MenderMessage(
            name: "authentication",
            body: #"{"id_data":"{\"mac\":\"00:11\"}","pubkey":"-----BEGIN PUBLIC KEY-----\nA\n","tier":"micro"}"#
        ) { try DeviceAuthentication(parsing: $0).encoded() },
        MenderMessage(
            name: "inventory",
            body:
                #"[{"name":"a","value":"b","description":"c"},{"name":"n","value":[1,2.50]},"#
                + #"{"name":"a","value":["x"]}]"#
        ) { try InventoryReport(parsing: $0).encoded() },
        MenderMessage(name: "settings", body: #"{"a":"1","b":"2"}"#) { try DeviceSettings(parsing: $0).encoded() },
        MenderMessage(
            name: "update request",
            body:
                #"{"device_provides":{"artifact_name":"rel-0","device_type":"qemu","x.version":"1"},"#
                + #""update_control_map":true}"#
        ) { try UpdateRequest(parsing: $0, version: .two).encoded() },
        MenderMessage(
            name: "update request, version 1", body: #"{"artifact_name":"rel-0","device_type":"qemu","x.version":"1"}"#
        ) { try UpdateRequest(parsing: $0, version: .one).encoded(version: .one) },
        MenderMessage(name: "instructions", body: instructions) { try UpdateInstructions(parsing: $0).encoded() },
        MenderMessage(name: "status", body: #"{"status":"pause_before_rebooting","substate":"é"}"#) {
            try StatusReport(parsing: $0).encoded()
        },
        MenderMessage(
            name: "log",
            body:
                #"{"messages":[{"level":"info","message":"one","timestamp":"t1"},"#
                + #"{"level":"","message":"","timestamp":""}]}"#
        ) { try LogReport(parsing: $0).encoded() },
        MenderMessage(name: "control map", body: #"{"update_control_map":\#(map)}"#) {
            try ControlMapMessage(parsing: $0).encoded()
        },
    ]

    private static let map =
        #"{"id":"d1","priority":-3,"states":{"ArtifactCommit_Enter":{"action":"pause","on_map_expire":"fail"},"#
        + #""ArtifactReboot_Enter":{"on_action_executed":"force_continue"}}}"#

    private static let instructions =
        #"{"id":"d1","artifact":{"id":"a1","artifact_name":"rel-1","device_types_compatible":["qemu","rpi"],"#
        + #""source":{"uri":"https://hub/x?sig=1","expire":"2027-01-31T02:00:00Z"}},"type":"software","#
        + #""update_control_map":\#(map)}"#
}
