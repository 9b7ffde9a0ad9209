internal import AdminAPI
internal import ArgumentParser
internal import Encoding

extension DeviceCommand {
    struct Health: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a device's health over the last days.",
            discussion: """
                Draws CPU, memory, disk and load on a terminal; elsewhere it prints a line for each metric. A bar is the
                highest value of its time. The hub keeps 7 days: one sample a minute for a day, then one in 15 minutes,
                after the third day one an hour.

                Examples:
                  hubctl device health lamp-0001
                  hubctl device health lamp-0001 --hours 24 --metric cpu_temp
                  hubctl device health lamp-0001 --json
                """)

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Device ID.") var id: String
        @Option(help: ArgumentHelp("Only the last hours, 1 to 168.", valueName: "number")) var hours = HealthQuery
            .longest
        @Option(help: ArgumentHelp("Only this metric; may be given several times.", valueName: "name"))
        var metric: [String] = []

        func validate() throws {
            guard (1...HealthQuery.longest).contains(hours) else {
                throw ValidationError("--hours must be 1 to \(HealthQuery.longest)")
            }
        }

        func work() async throws {
            let health = try await connection.client().call(
                DeviceEndpoints.health(id, query: HealthQuery(hours: hours)))
            try Output.show(health, json: connection.json) {
                guard Terminal.isDrawable else { return HealthText.table(health, metrics: metric) }
                return HealthText.charts(health, chart: chart(of: health), metrics: metric)
            }
        }

        /// Over the time that was asked for, up to the last sample: that is by the hub's clock.
        private func chart(of health: AdminDeviceHealth) -> HealthChart {
            let last = health.samples.last.flatMap { RFC3339.seconds(Array($0.at.utf8)[...]) } ?? 0
            return HealthChart(
                span: (last - hours * 3600)...last, columns: FullScreen.size.columns, isUnicode: Terminal.isUnicode)
        }
    }
}
