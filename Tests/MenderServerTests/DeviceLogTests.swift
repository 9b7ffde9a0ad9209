internal import Encoding
import HTTPTypes
import HubHTTP
import Issuing
import MenderServer
internal import RouteTestSupport
import Testing

/// docs/protocols/mender.md 7.5: logs of devices.
@Suite struct DeviceLogTests {
    @Test func log_IsKept_ReplacedAndShownAsLines() async throws {
        let site = try await UpdateSite()
        let device = try await site.device()
        try await site.upload(try UpdateSite.artifact("rel-1"))
        let deployment = try await site.deploy("rel-1", to: [device])
        try await device.next()
        try await device.report("failure", deployment)
        let path = "v1/deployments/device/deployments/\(deployment)/log"
        let shownAt = "v1/deployments/deployments/\(deployment)/devices/\(try await site.id(device))/log"
        #expect(try await site.send(.get, shownAt).status == .notFound)
        for bad in [
            "", "{}", "[]", #"{"messages":[]}"#, #"{"messages":{}}"#, #"{"messages":[{}]}"#, #"{"messages":["a"]}"#,
            #"{"messages":[{"level":"i","message":"m"}]}"#,
            #"{"messages":[{"level":"i","message":1,"timestamp":"t"}]}"#,
            #"{"messages":[{"level":"i","message":"m","timestamp":"t"},{"level":"i"}]}"#,
        ] {
            #expect(try await device.send(.put, path, bad).status == .badRequest, "\(bad)")
        }
        let first = #"{"messages":[{"level":"info","message":"one","timestamp":"2026-11-21T00:34:01Z"}]}"#
        #expect(try await device.send(.put, path, first).status == .noContent)
        let second = #"""
            {"messages":[{"level":"info","message":"a\nb\u001b[31m","timestamp":"2026-11-21T00:34:01Z","more":1},
            {"level":"debug","message":"","timestamp":"x"}]}
            """#
        #expect(try await device.send(.put, path, second).status == .noContent)
        let shown = try await site.send(.get, shownAt)
        #expect(shown.headers[.contentType]?.hasPrefix("text/plain") == true)
        #expect(shown.text == "2026-11-21T00:34:01Z info: a b [31m\nx debug: \n")
        let list = try await site.send(.get, "v1/deployments/deployments/\(deployment)/devices/list")
        #expect(list.json.array?.first?["log"]?.bool == true)
    }

    @Test func logOfAMebibyte_IsTaken_OneByteMoreIsNot() async throws {
        let site = try await UpdateSite()
        let device = try await site.device()
        try await site.upload(try UpdateSite.artifact("rel-1"))
        let deployment = try await site.deploy("rel-1", to: [device])
        try await device.next()
        let path = "v1/deployments/device/deployments/\(deployment)/log"
        let message = #"{"level":"","message":"","timestamp":""}"#
        let count = ((1 << 20) - 16) / (message.utf8.count + 1)
        let body = #"{"messages":["# + Array(repeating: message, count: count).joined(separator: ",") + "]}"
        let padding = String(repeating: " ", count: (1 << 20) - body.utf8.count)
        #expect(try await device.send(.put, path, body + padding).status == .noContent)
        #expect(try await device.send(.put, path, body + padding + " ").status == .contentTooLarge)
    }
}
