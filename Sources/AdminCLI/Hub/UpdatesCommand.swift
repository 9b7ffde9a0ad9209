internal import AdminAPI
internal import ArgumentParser

extension DeviceCommand {
    /// What holds for the updates of single devices, beside the deployments.
    struct UpdatesCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "updates", abstract: "Say whether and how updates reach a device.",
            discussion: """
                Deployments pass over a device whose updates are off, and over one that waits after a failure. What is
                pushed with hubctl device push reaches it all the same. A change of several devices is made for those
                that are known; the exit code is 3 when some were not changed, and 1 when none was.
                """,
            subcommands: [Show.self, On.self, Off.self, Mode.self, Unblock.self])

        static func table(_ devices: [AdminDeviceUpdates]) -> String {
            Output.table(
                ["DEVICE", "UPDATES", "MODE", "MAY CHOOSE", "WAITS UNTIL", "TRIES", "AT WORK ON"],
                devices.map { device in
                    [
                        device.deviceID, device.enabled ? "on" : "off", device.mode, device.mayManage ? "yes" : "no",
                        device.blockedUntil, "\(device.attempts.count)", device.flight?.text,
                    ]
                }, empty: "no devices")
        }
    }
}

extension DeviceCommand.UpdatesCommand {
    struct Show: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what holds for the updates of devices.",
            discussion: "Example:\n  hubctl device updates show lamp-0001 lamp-0002")

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Device IDs.") var ids: [String]

        func work() async throws {
            let client = try connection.client()
            var found: [AdminDeviceUpdates] = []
            for id in ids { found.append(try await client.call(DeviceEndpoints.updates(id))) }
            try Output.show(found, json: connection.json) { DeviceCommand.UpdatesCommand.table(found) }
        }
    }

    struct On: UpdatesChange {
        static let configuration = CommandConfiguration(
            abstract: "Let deployments reach devices; their failed tries are forgotten.",
            discussion: "Example:\n  hubctl device updates on lamp-0001 lamp-0002")

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Device IDs.") var ids: [String]

        var change: AdminUpdatesChange { AdminUpdatesChange(enabled: true) }
    }

    struct Off: UpdatesChange {
        static let configuration = CommandConfiguration(
            abstract: "Keep deployments from devices; one that is under way goes on.",
            discussion: "Example:\n  hubctl device updates off lamp-0001")

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Device IDs.") var ids: [String]

        var change: AdminUpdatesChange { AdminUpdatesChange(enabled: false) }
    }

    struct Mode: UpdatesChange {
        static let modes = ["automatic", "device_managed", "off"]
        static let configuration = CommandConfiguration(
            abstract: "Say who brings updates to devices with a link.",
            discussion: """
                automatic: the hub sends them. device_managed: the device asks for them. off: neither.

                Examples:
                  hubctl device updates mode device_managed lamp-0001
                  hubctl device updates mode automatic lamp-0001 --may-choose
                """)

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "automatic, device_managed or off.", completion: .list(Mode.modes)) var mode: String
        @Argument(help: "Device IDs.") var ids: [String]
        @Flag(inversion: .prefixedNo, help: "Whether the device may choose device_managed by itself.")
        var mayChoose: Bool?

        var change: AdminUpdatesChange { AdminUpdatesChange(mode: mode, mayManage: mayChoose) }

        func validate() throws {
            guard Self.modes.contains(mode) else {
                throw ValidationError("the mode is \(Self.modes.joined(separator: ", "))")
            }
        }
    }

    struct Unblock: UpdatesChange {
        static let configuration = CommandConfiguration(
            abstract: "End the waiting of devices after a failure.",
            discussion: "Example:\n  hubctl device updates unblock lamp-0001")

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Device IDs.") var ids: [String]

        var change: AdminUpdatesChange { AdminUpdatesChange(unblock: true) }
    }
}

/// The same change of several devices' updates.
protocol UpdatesChange: HubCommand {
    var connection: ConnectionOptions { get }
    var ids: [String] { get }
    var change: AdminUpdatesChange { get }
}

extension UpdatesChange {
    /// Asks for the change of each device and shows what holds then. One that is refused keeps it from no other.
    func work() async throws {
        let client = try connection.client()
        var outcome = UpdatesOutcome()
        for id in ids {
            do {
                outcome.changed.append(try await client.call(DeviceEndpoints.changeUpdates(id, change)))
            } catch let failure as CommandFailure where failure.code == 1 {
                outcome.failed.append(.init(deviceID: id, message: failure.line))
            }
        }
        if connection.json || !outcome.changed.isEmpty {
            try Output.show(outcome, json: connection.json) { DeviceCommand.UpdatesCommand.table(outcome.changed) }
        }
        if let failure = outcome.failure { throw failure }
    }
}

/// What became of a change of several devices.
struct UpdatesOutcome: Encodable {
    struct Failed: Encodable {
        let deviceID: String
        let message: String
    }

    var changed: [AdminDeviceUpdates] = []
    var failed: [Failed] = []

    /// What the command ends with; `nil` when all were changed.
    var failure: CommandFailure? {
        guard !failed.isEmpty else { return nil }
        guard changed.count + failed.count > 1 else { return .failed(failed[0].message) }
        let line = "not changed: " + failed.map { "\($0.deviceID) (\($0.message))" }.joined(separator: ", ")
        return changed.isEmpty ? .failed(line) : .partly(line)
    }
}

extension AdminFlight {
    /// For people: what, how far, since when.
    var text: String {
        let what = deploymentID.map { "deployment \($0)" } ?? "an update of its own"
        return [what + ": " + state, progress.map { "\($0) %" }, note.flatMap { progress == nil ? $0 : nil }]
            .compactMap(\.self).joined(separator: ", ") + ", \(changedAt)"
    }
}

extension AdminDeviceUpdates {
    /// For people: whether and how, as one line.
    var text: String {
        [
            enabled ? "on" : "off", mode == "automatic" ? nil : mode, mayManage ? "may choose its mode" : nil,
            blockedUntil.map { "waits until \($0)" },
            attempts.isEmpty ? nil : "\(attempts.count) tries since the last success",
        ].compactMap(\.self).joined(separator: ", ")
    }
}
