internal import AdminAPI
internal import ArgumentParser

extension DeviceCommand {
    /// Brings an artifact to one device, whatever else is planned for it.
    struct Push: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Push an artifact to one device at once.",
            discussion: """
                It goes before every deployment, waits for no window, and is tried once. Updates of the device are off
                from then on, because the next deployment would undo it; hubctl device updates on lets deployments reach
                it again. What does not fit the device, by what it last reported, is refused and changes nothing.

                Examples:
                  hubctl device push lamp-0001 widget-1.2.0
                  hubctl device push lamp-0001 9b2d6a0c-51a7-4c5e-8a0e-6a1f3f0d2c77 --json
                """)

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Device ID.") var id: String
        @Argument(help: "ID of an artifact, or name of a release.") var artifact: String

        func work() async throws {
            let client = try connection.client()
            let deployment = try await client.call(DeviceEndpoints.push(id, AdminPush(artifact: artifact)))
            if connection.json { return try Output.show(deployment, json: true) { "" } }
            // The push is made: that this can't be asked is no failure of it.
            let links = try? await client.call(LinkEndpoints.ofDevice(id)).items.map(\.protocol)
            Terminal.print(Self.text(deployment, to: id, links: links))
        }

        /// What was done, and what follows from it.
        ///
        /// - Parameter links: protocols of the links that the device holds; `nil` when nobody knows.
        static func text(_ deployment: AdminDeployment, to id: String, links: [String]?) -> String {
            var lines = [
                "\(deployment.release) is pushed to \(id); watch it with: hubctl deployment watch \(deployment.id)",
                "updates of \(id) are off from now on, because the next deployment would undo this; "
                    + "switch them on with: hubctl device updates on \(id)",
            ]
            if links?.isEmpty == true {
                lines.insert("\(id) is not connected: it gets this when it connects, or next asks for updates", at: 1)
            } else if links?.contains("nerveshub") == false {
                lines.insert("\(id) gets this when it next asks for updates", at: 1)
            }
            return lines.map(Terminal.plain).joined(separator: "\n")
        }
    }
}
