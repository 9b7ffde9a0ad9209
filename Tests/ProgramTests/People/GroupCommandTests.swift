import AdminAPI
import Testing
import Transport

/// Groups of devices: those that an operator fills, and those that a filter does.
@Suite(.hub(), .timeLimit(.minutes(5))) struct GroupCommandTests {
    /// What `hubctl group show --json` prints.
    private struct Shown: Decodable {
        var group: AdminGroup
        var devices: [AdminGroupMember]
    }

    private let hub: ProgramHub

    init() throws {
        hub = try .current
    }

    private func members(of group: String) async throws -> [String] {
        try await hub.hubctl("group", "show", group, "--json").succeeded().json(as: Shown.self).devices.map(\.deviceID)
    }

    private func groups() async throws -> [String] {
        try await hub.hubctl("group", "list", "--json").succeeded().json(as: [AdminGroup].self).map(\.name)
    }

    /// One test, since a filter sees all devices, and the list all groups.
    @Test func groups_AreFilledEmptiedAndDeleted() async throws {
        async let first: Void = hub.waitingDevice("lamp-1")
        async let second: Void = hub.waitingDevice("lamp-2")
        _ = try await (first, second)

        try await hub.hubctl("group", "add", "north", "lamp-1", "lamp-2").succeeded()
        #expect(try await members(of: "north") == ["lamp-1", "lamp-2"])
        try await hub.hubctl("group", "remove", "north", "lamp-2").succeeded()
        #expect(try await members(of: "north") == ["lamp-1"])
        try await hub.hubctl("group", "add", "north", "lamp-3").expectRefusal("lamp-3")

        try await hub.hubctl(
            "group", "create", "waiting", "--filter", "identity.status=pending", "--filter", "!system.group"
        ).succeeded()
        #expect(try await members(of: "waiting") == ["lamp-2"], "the members follow from the filter")
        try await hub.hubctl("group", "add", "waiting", "lamp-1").expectRefusal("hubctl group show waiting")

        #expect(try await groups().sorted() == ["north", "waiting"])
        try await hub.hubctl("group", "delete", "waiting").succeeded()
        #expect(try await groups() == ["north"])
        try await hub.hubctl("group", "remove", "north", "lamp-1").succeeded()
        #expect(try await groups().isEmpty, "the last member takes its group along")
    }

    @Test func filterWithoutScope_IsRefused_AndNoFilterIsWrongUsage() async throws {
        try await hub.hubctl("group", "create", "bad", "--filter", "os=debian").expectRefusal("inventory.os=debian")
        try await hub.hubctl("group", "create", "bad").expectWrongUsage()
    }
}
