internal import AdminAPI
internal import ArgumentParser

struct AlarmsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alarms", abstract: "List and acknowledge alarms.",
        discussion: """
            An alarm is active until its cause is gone. Acknowledged alarms are not listed.

            Examples:
              hubctl alarms
              hubctl alarms --all --json
              hubctl alarms ack 7
            """,
        subcommands: [List.self, Acknowledge.self], defaultSubcommand: List.self)

    struct List: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "List active alarms that are not acknowledged, newest first.",
            discussion: "Examples:\n  hubctl alarms list\n  hubctl alarms list --all")

        @OptionGroup var connection: ConnectionOptions
        @Flag(help: "Include acknowledged and cleared alarms.") var all = false

        func work() async throws {
            let alarms = try await connection.client().all(AlarmEndpoints.list(query: AlarmQuery(all: all)))
            try Output.show(alarms, json: connection.json) {
                Output.table(
                    ["NUMBER", "KIND", "ABOUT", "SINCE", "LAST", "TIMES", "STATE", "MORE"],
                    alarms.map { alarm in
                        [
                            "\(alarm.id)", alarm.kind, alarm.subject, alarm.firstSeen, alarm.lastSeen, "\(alarm.count)",
                            Self.state(alarm), alarm.detail,
                        ]
                    }, empty: "no alarms")
            }
        }

        private static func state(_ alarm: AdminAlarm) -> String {
            if alarm.clearedAt != nil { return "cleared" }
            return alarm.acknowledgedBy.map { "seen by \($0)" } ?? "active"
        }
    }

    struct Acknowledge: HubCommand {
        static let configuration = CommandConfiguration(
            commandName: "ack", abstract: "Acknowledge an alarm.", discussion: "Example:\n  hubctl alarms ack 7")

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Number of the alarm.") var id: Int64

        func work() async throws {
            let alarm = try await connection.client().call(AlarmEndpoints.acknowledge(NumberText(id)))
            try Output.show(alarm, json: connection.json) { "alarm \(id) is acknowledged" }
        }
    }
}
