internal import AdminAPI
internal import ArgumentParser
internal import Encoding

struct GroupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "group", abstract: "Manage groups of devices: static ones, and dynamic ones defined by a filter.",
        discussion: """
            A static group exists while it has members, and a device is in at most one. The members of a dynamic group
            are the devices for which every term of the filter holds at that moment.
            """,
        subcommands: [List.self, Show.self, Add.self, Remove.self, Create.self, Delete.self])

    struct List: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "List groups.", discussion: "Example:\n  hubctl group list")

        @OptionGroup var connection: ConnectionOptions

        func work() async throws {
            let groups = try await connection.client().all(GroupEndpoints.list())
            try Output.show(groups, json: connection.json) {
                Output.table(
                    ["GROUP", "DEVICES", "FILTER"],
                    groups.map { [$0.name, $0.members.map(String.init), $0.filter?.joined(separator: " ")] },
                    empty: "no groups; make one with: hubctl group add NAME DEVICE")
            }
        }
    }

    struct Show: HubCommand {
        /// The group with its members.
        struct Whole: Encodable {
            let group: AdminGroup
            let devices: [AdminGroupMember]
        }

        static let configuration = CommandConfiguration(
            abstract: "Show a group and its members.", discussion: "Example:\n  hubctl group show north")

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Name of the group.") var name: String

        func work() async throws {
            let client = try connection.client()
            let whole = Whole(
                group: try await client.call(GroupEndpoints.show(name)),
                devices: try await client.all(GroupEndpoints.members(name)))
            try Output.show(whole, json: connection.json) {
                let head = Output.pairs([
                    "group": whole.group.name, "filter": whole.group.filter?.joined(separator: " "),
                    "devices": "\(whole.devices.count)",
                ])
                return ([head] + whole.devices.map { "  " + Terminal.plain($0.deviceID) }).joined(separator: "\n")
            }
        }
    }

    struct Add: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add devices to a static group; each leaves its former group.",
            discussion: "Example:\n  hubctl group add north lamp-0001 lamp-0002")

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Name of the group.") var name: String
        @Argument(help: "Device IDs.") var devices: [String]

        func work() async throws {
            let group = try await connection.client().call(
                GroupEndpoints.addMembers(name, AdminGroupMembers(devices: devices)))
            try Output.show(group, json: connection.json) { "\(name) has \(group.members ?? 0) devices" }
        }
    }

    struct Remove: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove devices from a static group.",
            discussion: "Example:\n  hubctl group remove north lamp-0001")

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Name of the group.") var name: String
        @Argument(help: "Device IDs.") var devices: [String]

        func work() async throws {
            let client = try connection.client()
            for device in devices {
                try await client.call(
                    GroupEndpoints.removeMember(GroupMemberPath(group: name, device: device)))
            }
            try Output.show(["removed": devices], json: connection.json) {
                "\(devices.joined(separator: ", ")) left \(name)"
            }
        }
    }

    struct Create: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Create a dynamic group.",
            discussion: """
                A term names an attribute by scope (inventory, identity, system, tags, monitor) and name and says what
                must hold: = != > >= < <= or ~ for a regular expression; the name alone means that the attribute is set,
                !name that it is not. All terms must hold.

                Examples:
                  hubctl group create debian --filter 'inventory.os=debian'
                  hubctl group create big-north --filter 'inventory.mem_total_kB>=524288' --filter 'tags.site~^north'
                """)

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Name of the group.") var name: String
        @Option(name: .customLong("filter"), help: "A term; may be repeated.") var terms: [String] = []

        func validate() throws {
            guard !terms.isEmpty else {
                throw ValidationError("give --filter, or choose members with: hubctl group add NAME DEVICE")
            }
        }

        func work() async throws {
            let group = try await connection.client().call(
                GroupEndpoints.add(AdminGroup(name: name, filter: terms)))
            try Output.show(group, json: connection.json) { "\(name) has \(group.members ?? 0) devices now" }
        }
    }

    struct Delete: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete a group; the devices stay.", discussion: "Example:\n  hubctl group delete north")

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Name of the group.") var name: String

        func work() async throws {
            try await connection.client().call(GroupEndpoints.remove(name))
            try Output.show(["deleted": name], json: connection.json) { "group \(name) is deleted" }
        }
    }
}
