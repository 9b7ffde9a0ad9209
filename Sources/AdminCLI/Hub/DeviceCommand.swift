internal import AdminAPI
internal import ArgumentParser
internal import Encoding

struct DeviceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "device", abstract: "List, approve, reject, remove and reach devices.",
        subcommands: [
            List.self, Pending.self, Show.self, Approve.self, Accept.self, Reject.self, Preauthorize.self, Remove.self,
            SettingsCommand.self, UpdatesCommand.self, Push.self, Health.self, Logs.self, Shell.self, Console.self,
            Copy.self, Forward.self, Script.self, Reboot.self, Identify.self,
        ])

    static func text(_ device: AdminDevice) -> String {
        Output.pairs(DeviceField.all.map { ($0.label, $0.value(device)) }) + inventory(device)
    }

    /// What is known of it, one thing a line, named as filters name it.
    private static func inventory(_ device: AdminDevice) -> String {
        guard let attributes = device.inventory, !attributes.isEmpty else { return "" }
        return "\n\n"
            + Output.table(
                ["INVENTORY", "VALUE", "SINCE"],
                attributes.map { ["\($0.scope).\($0.name)", text($0.value), $0.since] }, empty: "")
    }

    private static func text(_ value: JSONValue) -> String {
        if let elements = value.array { return elements.map(text).joined(separator: ", ") }
        return value.string ?? String(decoding: value.encoded(), as: UTF8.self)
    }

    struct List: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "List devices.",
            discussion: "Examples:\n  hubctl device list --state pending\n  hubctl device list --invalid-ids --json")

        @OptionGroup var connection: ConnectionOptions
        @Option(help: "Only those that are pending, approved, revoked, rejected or removed.") var state: String?
        @Flag(help: "Only devices and secrets whose ID violates the current rules, with the reason.")
        var invalidIds = false

        func validate() throws {
            guard state == nil || !invalidIds else { throw ValidationError("give either --state or --invalid-ids") }
        }

        func work() async throws {
            if invalidIds { return try await showInvalid() }
            let devices = try await connection.client().all(DeviceEndpoints.list(query: DeviceQuery(state: state)))
            try Output.show(devices, json: connection.json) {
                let columns = DeviceField.all.filter { $0.title != nil }
                return Output.table(
                    columns.compactMap(\.title), devices.map { device in columns.map { $0.value(device) } },
                    empty: "no devices")
            }
        }

        private func showInvalid() async throws {
            let devices = try await connection.client().all(
                DeviceEndpoints.list(query: DeviceQuery(invalidIDs: true)))
            try Output.show(devices, json: connection.json) {
                Output.table(
                    ["DEVICE", "STATE", "OU", "PROBLEM"],
                    devices.map { [$0.deviceID, $0.state, $0.ou, $0.idProblem] },
                    empty: "all device IDs follow the current rules")
            }
        }
    }

    struct Show: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one device and its details.",
            discussion: "Example:\n  hubctl device show lamp-0001")

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Device ID.") var id: String

        func work() async throws {
            let device = try await connection.client().call(DeviceEndpoints.show(id))
            try Output.show(device, json: connection.json) { DeviceCommand.text(device) }
        }
    }

    struct Approve: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Approve a pending device.",
            discussion: """
                Either with its secret or, for a device without one, with the fingerprint of its key, compared by eye.
                On a terminal and without either option the fingerprint is shown, and you are asked for its last
                characters. A device that came with a product's key over the device link, and has asked for no
                certificate, needs no option; --link approves it there in any case.

                Examples:
                  hubctl device approve lamp-0001
                  hubctl device approve sim-0001 --link
                  hubctl device approve lamp-0001 --secret-file label.txt
                  hubctl device approve lamp-0001 --fingerprint 5f3a...
                """)

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Device ID.") var id: String
        @Option(help: "File with the device's secret, - for standard input.") var secretFile: String?
        @Option(help: "When the secret expires: RFC 3339 date or time.") var validUntil: String?
        @Option(help: "SHA-256 of the device's key, as the device shows it.") var fingerprint: String?

        @Flag(help: "Approve it for the device link, on which it waits.") var link = false

        func validate() throws {
            let given = [secretFile, fingerprint, link ? "" : nil].compactMap(\.self).count
            guard given <= 1 else { throw ValidationError("give either --secret-file, --fingerprint or --link") }
        }

        func work() async throws {
            let client = try connection.client()
            var approval = AdminApproval(
                secret: try secretFile.map { try SecretSource.file($0) }, validUntil: validUntil,
                fingerprint: fingerprint)
            if link {
                approval.onLink = true
            } else if secretFile == nil, fingerprint == nil {
                try await ask(&approval, client)
            }
            let device = try await client.call(DeviceEndpoints.approve(id, approval))
            try Output.show(device, json: connection.json) {
                approval.onLink == true
                    ? "\(id) approved; it is let in when it connects again"
                    : "\(id) approved; it receives its certificate at its next request"
            }
        }

        /// What the device waits for: the link alone, where no key of it is to be compared.
        private func ask(_ approval: inout AdminApproval, _ client: AdminClient) async throws {
            // Without a terminal only the link can be approved; a hub that does not answer is told as such.
            let device = try await client.call(DeviceEndpoints.show(id))
            if device.linkIdentity != nil, device.fingerprint == nil {
                approval.onLink = true
            } else if Terminal.canAsk {
                approval.fingerprint = try FingerprintQuestion.ask(of: device)
            } else {
                throw ValidationError("give either --secret-file, --fingerprint or --link")
            }
        }
    }

    struct Reject: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Reject a device and revoke its certificates.",
            discussion: "Example:\n  hubctl device reject lamp-0001")

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Device ID.") var id: String

        func work() async throws {
            let client = try connection.client()
            _ = try await client.call(DeviceEndpoints.reject(id))
            let device = try await client.call(DeviceEndpoints.show(id))
            try Output.show(device, json: connection.json) { "\(id) is rejected" }
        }
    }

    struct Remove: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove a device from service; it can't renew.",
            discussion: "Example:\n  hubctl device remove lamp-0001")

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Device ID.") var id: String

        func work() async throws {
            let client = try connection.client()
            try await client.call(DeviceEndpoints.remove(id))
            let device = try await client.call(DeviceEndpoints.show(id))
            try Output.show(device, json: connection.json) { "\(id) is removed" }
        }
    }
}
