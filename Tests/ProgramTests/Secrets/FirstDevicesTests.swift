import AdminAPI
import Foundation
import Testing

/// The commands of the manual that register the first devices.
@Suite(.hub(), .timeLimit(.minutes(5))) struct FirstDevicesTests {
    @Test func commandsOfTheManual_RegisterThreeDevices() async throws {
        let hub = try ProgramHub.current
        let commands = try Document("docs/manual.md").step("first-devices")
        let result = try await hub.shell(commands).succeeded()
        let waiting = try await hub.oob("list", "--json").succeeded().json(as: [AdminSecret].self)
        #expect(waiting.map(\.deviceID) == ["lamp-0001", "lamp-0002", "lamp-0003"])
        #expect(waiting.allSatisfy { result.output.contains($0.deviceID) })
        #expect(try hub.text("labels.svg").contains("lamp-0003") && hub.mode("labels.svg") == 0o600)
    }
}
