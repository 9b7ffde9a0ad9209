internal import AdminAPI
internal import ArgumentParser

extension DeviceCommand {
    struct Logs: HubCommand {
        static let configuration = CommandConfiguration(
            commandName: "logs", abstract: "Show the log lines that a device sent over its link.",
            discussion: """
                The hub keeps 3 days, at most 2,000 lines or 256 KiB of a device. Times are those of the device where
                it tells them, else when the line came.

                Examples:
                  hubctl device logs lamp-0001
                  hubctl device logs lamp-0001 --lines 50 --json
                """)

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Device ID.") var id: String
        @Option(help: ArgumentHelp("Only the last lines.", valueName: "number")) var lines: Int?

        func validate() throws {
            guard lines.map({ $0 > 0 }) ?? true else { throw ValidationError("--lines must be 1 or more") }
        }

        func work() async throws {
            let all = try await connection.client().all(DeviceEndpoints.logs(id))
            let shown = lines.map { Array(all.suffix($0)) } ?? all
            try Output.show(shown, json: connection.json) { Self.text(shown) }
        }

        static func text(_ lines: [AdminLogLine]) -> String {
            guard !lines.isEmpty else { return "no log lines" }
            return lines.map { line in
                Terminal.plain("\(line.writtenAt ?? line.at) \(line.level) \(line.message)")
            }.joined(separator: "\n")
        }
    }
}
