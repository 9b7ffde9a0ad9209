package import ArgumentParser
internal import CoreMetrics
internal import Foundation
internal import Glibc
internal import Logging
internal import HubRuntime

/// `hubd`: reads options and configuration, then runs the hub in the foreground.
package struct DaemonCommand: AsyncParsableCommand {
    /// Name, help and examples.
    package static let configuration = CommandConfiguration(
        commandName: "hubd", abstract: "The Latchkey hub: everything a site needs in one process.",
        discussion: """
            Examples:
              hubd --state ./var
              hubd --state ./var --listen-https 127.0.0.1:0 --discovery-enabled false
              hubd --config /etc/latchkey/hub.yaml --check-config

            Every key of the configuration file is also an option and an environment variable:
            \(ConfigurationKey.all.map { "  \($0.option) (\($0.variable)): \($0.meaning)" }.joined(separator: "\n"))
            """)

    @Option(name: .long, help: "Folder with everything the hub keeps.")
    var state = Self.defaultState

    @Option(name: .long, help: "Configuration file (YAML); /etc/latchkey/hub.yaml when it exists.")
    var config: String?

    @Flag(name: .long, help: "Print the configuration in force and end.")
    var checkConfig = false

    @Flag(
        name: .long,
        help: "Make a new, empty store if STATE/hub.db is missing; without this flag the hub does not start then.")
    var newStore = false

    @Argument(parsing: .allUnrecognized, help: .hidden)
    var settings: [String] = []

    /// Made by the argument parser.
    package init() {}

    private static let defaultState =
        FileManager.default.fileExists(atPath: "/var/lib/latchkey") ? "/var/lib/latchkey" : "./var"

    /// Runs the hub; ends with one line on standard error when it can't, see ``StartFailure``.
    package func run() async throws {
        // Nothing the hub makes is for others unless it says so.
        umask(0o077)
        OpenFiles.raise()
        Heap.configure()
        do {
            let loader = ConfigurationLoader(
                arguments: settings, environment: ProcessInfo.processInfo.environment,
                file: config ?? Self.installedFile)
            let configuration = try loader.load()
            if checkConfig { return show(configuration) }
            try await runHub(configuration) { try loader.load() }
        } catch {
            FileHandle.standardError.write(Data("hubd: \(StartFailure.line(for: error))\n".utf8))
            throw ExitCode(StartFailure.exitCode(for: error))
        }
    }

    private static let installedFile: String? =
        FileManager.default.fileExists(atPath: "/etc/latchkey/hub.yaml") ? "/etc/latchkey/hub.yaml" : nil

    private func runHub(
        _ configuration: HubConfiguration, reload: @escaping @Sendable () throws -> HubConfiguration?
    ) async throws {
        let environment = ProcessInfo.processInfo.environment
        let isJournal = environment["JOURNAL_STREAM"] != nil
        let settings = LiveSettings(configuration)
        let log = HubLog(level: { settings.level }, isJournal: isJournal)
        defer { log.writeSums(isLast: true) }
        let logger = Logger(label: "hubd") { _ in log }
        let metrics = MetricsText()
        MetricsSystem.bootstrap(metrics)
        let hub = try await Hub(
            configuration: configuration, state: StateFolder(state), environment: environment, metrics: metrics,
            logger: logger, writeLogSums: { log.writeSums() }, settings: settings, reload: reload, isNewStore: newStore)
        try await hub.run()
    }

    private func show(_ configuration: HubConfiguration) {
        for key in ConfigurationKey.all { print("\(key.name): \(key.show(configuration))") }
    }
}
