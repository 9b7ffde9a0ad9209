internal import Encoding
import HTTPTypes
internal import People
internal import RouteTestSupport

/// A hub with three devices: one, two, three, of which the first two run Debian.
struct InventorySite {
    let client: ManagementClient
    let fleet: DeviceFleet
    let token: String
    let members: [DeviceFleet.Member]

    init() async throws {
        client = try await ManagementClient()
        fleet = DeviceFleet(client)
        token = try await client.person("op", .operator)
        var members: [DeviceFleet.Member] = []
        for (index, os) in ["debian", "debian", "yocto"].enumerated() {
            let member = try await fleet.join(#"{"mac":"02:00:00:00:00:0\#(index + 1)"}"#)
            let report = """
                [{"name":"os","value":"\(os)"},{"name":"mem","value":\(512 * (index + 1))},
                 {"name":"release","value":"\(index + 10)"},{"name":"ip","value":["10.0.0.\(index + 1)","::1"]}]
                """
            try await fleet.report(member, report)
            members.append(member)
        }
        self.members = members
    }

    func send(
        _ method: HTTPRequest.Method, _ path: String, _ body: String = "", headers: HTTPFields = [:]
    ) async throws -> RouteClient.Answer {
        try await client.send(method, path, body, token: token, headers: headers)
    }

    /// Places in `members` of the devices of an answer.
    func places(_ answer: RouteClient.Answer) -> [Int] {
        (answer.json.array ?? []).map { device in
            members.firstIndex { $0.id == (device["id"]?.string ?? device.string) } ?? -1
        }
    }
}
