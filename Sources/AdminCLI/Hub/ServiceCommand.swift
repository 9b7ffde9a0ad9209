internal import AdminAPI
internal import ArgumentParser
internal import Encoding

struct ServiceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "service", abstract: "Manage the services in the hub's directory.",
        subcommands: [Add.self, List.self, Remove.self, BrokerCommand.self])

    struct Add: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add a service, or change its URL.",
            discussion: "Example:\n  hubctl service add mqtts mqtts://hub.local:8883 --ou iotdevice")

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Name that devices ask for.") var name: String
        @Argument(help: "URL of the service.") var url: String
        @Option(help: "OU a device needs there.") var ou: String?

        func work() async throws {
            let service = try await connection.client().call(
                ServiceEndpoints.add(AdminService(name: name, url: url, ou: ou)))
            try Output.show(service, json: connection.json) { "\(name) is at \(url)" }
        }
    }

    struct List: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "List services.", discussion: "Example:\n  hubctl service list")

        @OptionGroup var connection: ConnectionOptions

        func work() async throws {
            let services = try await connection.client().all(ServiceEndpoints.list())
            try Output.show(services, json: connection.json) {
                Output.table(["NAME", "OU", "URL"], services.map { [$0.name, $0.ou, $0.url] }, empty: "no services")
            }
        }
    }

    struct Remove: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove a service from the directory.", discussion: "Example:\n  hubctl service remove mqtts")

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Name.") var name: String

        func work() async throws {
            try await connection.client().call(ServiceEndpoints.remove(name))
            try Output.show(["removed": name], json: connection.json) { "\(name) is removed" }
        }
    }
}
