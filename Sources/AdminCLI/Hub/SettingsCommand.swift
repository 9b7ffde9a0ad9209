internal import AdminAPI
internal import ArgumentParser
internal import Encoding
internal import Wire

extension DeviceCommand {
    /// Settings that devices of the update protocol take instead of an artifact.
    struct SettingsCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "settings", abstract: "Manage a device's settings: configured and reported.",
            discussion: """
                For devices with mender-configure. Changed settings reach the device when they are deployed.
                """,
            subcommands: [Get.self, Set.self, Deploy.self])

        /// One setting a line: what the operator wants beside what the device says.
        static func text(_ settings: AdminSettings) -> String {
            let names = Swift.Set(settings.configured.keys).union(settings.reported.keys).sorted()
            let table = Output.table(
                ["SETTING", "SHOULD BE", "IS"],
                names.map { [$0, settings.configured[$0], settings.reported[$0]] }, empty: "no settings")
            let rest = Output.pairs([
                "set": settings.configuredAt, "reported": settings.reportedAt, "deployment": settings.deploymentID,
            ])
            return rest.isEmpty ? table : table + "\n\n" + rest
        }
    }
}

extension DeviceCommand.SettingsCommand {
    struct Get: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the settings of a device.",
            discussion: """
                Examples:
                  hubctl device settings get lamp-0001
                  hubctl device settings get lamp-0001 --json
                """)

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Device ID.") var id: String

        func work() async throws {
            let settings = try await connection.client().call(DeviceEndpoints.settings(id))
            try Output.show(settings, json: connection.json) { DeviceCommand.SettingsCommand.text(settings) }
        }
    }

    struct Set: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set a device's settings; those not named stay.",
            discussion: """
                Put confidential values into a file, a JSON object of names and strings: the command line is visible to
                every user of this machine.

                Examples:
                  hubctl device settings set lamp-0001 timezone=UTC brightness=40
                  hubctl device settings set lamp-0001 --remove brightness
                  hubctl device settings set lamp-0001 --file settings.json --replace
                """)

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Device ID.") var id: String
        @Argument(help: ArgumentHelp("What to set.", valueName: "name=value")) var settings: [String] = []
        @Option(help: "JSON object with the settings, - for standard input.") var file: String?
        @Option(help: "Name of a setting to drop; may be repeated.") var remove: [String] = []
        @Flag(help: "Drop all settings that are not named.") var replace = false

        func validate() throws {
            guard settings.allSatisfy({ ($0.firstIndex(of: "=") ?? $0.startIndex) > $0.startIndex }) else {
                throw ValidationError("write settings like timezone=UTC")
            }
            guard !settings.isEmpty || !remove.isEmpty || file != nil || replace else {
                throw ValidationError("give what to set, --file, --remove or --replace")
            }
        }

        func work() async throws {
            var change = AdminSettingsChange()
            var values: [String: String] = [:]
            if let file { values = try Self.read(file) }
            for setting in settings {
                let parts = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                values[String(parts[0])] = String(parts[1])
            }
            if !values.isEmpty { change.set = values }
            if !remove.isEmpty { change.remove = remove }
            if replace { change.replace = true }
            let changed = try await connection.client().call(DeviceEndpoints.changeSettings(id, change))
            try Output.show(changed, json: connection.json) {
                Terminal.plain(
                    "\(id) should have \(changed.configured.count) settings; "
                        + "bring them with: hubctl device settings deploy \(id)")
            }
        }

        private static let limits = JSONLimits(bytes: 2 << 20, depth: 2, values: 1024)

        private static func read(_ file: String) throws -> [String: String] {
            let source = try InputSource(file)
            var bytes: [UInt8] = []
            while let part = try source.next() {
                bytes += part
                guard bytes.count <= limits.bytes else { throw CommandFailure.usage("\(file) is too long") }
            }
            do {
                let settings = try DeviceSettings(JSONValue(parsing: bytes, limits: limits)).settings
                return Dictionary(settings.map { ($0.name, $0.value) }) { first, _ in first }
            } catch let error as DeviceSettingsError {
                throw CommandFailure.usage("\(file): \(error)")
            } catch {
                throw CommandFailure.usage("\(file) is not valid JSON")
            }
        }
    }

    struct Deploy: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Deploy its settings to a device.",
            discussion: """
                The device gets the settings as they are now; later changes are not included.

                Examples:
                  hubctl device settings deploy lamp-0001
                  hubctl device settings deploy lamp-0001 --retries 2 --json
                """)

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Device ID.") var id: String
        @Option(help: "Retries after a failure, 0 to 100.") var retries = 0

        func validate() throws {
            guard (0...100).contains(retries) else { throw ValidationError("--retries is 0 to 100") }
        }

        func work() async throws {
            let deployment = try await connection.client().call(
                DeviceEndpoints.deploySettings(id, AdminSettingsDeploy(retries: retries)))
            try Output.show(deployment, json: connection.json) {
                "deployment \(deployment.id) brings them; follow it with: hubctl deployment watch \(deployment.id)"
            }
        }
    }
}
