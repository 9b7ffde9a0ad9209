import ArgumentParser
import Devices
import Foundation
import HubDaemon
import HubHTTP
internal import HubRuntime
internal import Journal
import Logging
import PKI
internal import Rooms
import Secrets

/// A hub on loopback with the records of a file: prints its base URL, and ends when standard input does.
struct PakeServe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pake-serve", abstract: "A hub with pairing records, for tests of devices.",
        discussion: "Example:\n  conformance pake-serve hub.json < /dev/tty")

    @Argument(help: "File with records and settings (docs/protocols/secure-pairing.md section 10).") var file: String

    private struct Records: Decodable {
        struct Record: Decodable {
            let deviceID: String
            let secret: String
            let pairing: String?
        }
        let pakeBackoffBaseSec: Int64?
        let weakSecretsNeedPake: Bool?
        let devices: [Record]

        enum CodingKeys: String, CodingKey {
            case pakeBackoffBaseSec, devices
            case weakSecretsNeedPake = "weak_secrets_need_pake"
        }
    }

    func run() async throws {
        let records = try JSONDecoder().decode(Records.self, from: try Data(contentsOf: URL(fileURLWithPath: file)))
        let folder = NSTemporaryDirectory() + "conformance-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var configuration = HubConfiguration()
        configuration.https = .tcp(host: "127.0.0.1", port: 0)
        configuration.tunnels.isEnabled = false
        configuration.pki = .tcp(host: "127.0.0.1", port: 0)
        configuration.discoveryEnabled = false
        configuration.limits.secrets.pairingBackOffSeconds = records.pakeBackoffBaseSec ?? 1
        configuration.limits.secrets.weakSecretsNeedPairing = records.weakSecretsNeedPake ?? false
        let hub = try await Hub(
            configuration: configuration, state: StateFolder(folder),
            logger: Logger(label: "conformance") { _ in SwiftLogNoOpLogHandler() })
        for record in records.devices {
            var secret = NewSecret(
                deviceID: record.deviceID, value: Array(record.secret.utf8),
                validUntil: Int64(Date.now.timeIntervalSince1970) + 86_400)
            secret.pairing = record.pairing.flatMap(Pairing.init(rawValue:))
            try await hub.rooms.devices.addSecret(secret, replacing: true, by: .hub)
        }
        try await serve(hub)
    }

    /// What arrives on standard input; ends with it.
    static func input() -> AsyncStream<Data> {
        AsyncStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
            // A thread of its own, which may block: not every input can be waited for otherwise, /dev/null for one.
            Thread.detachNewThread {
                while case let data = FileHandle.standardInput.availableData, !data.isEmpty { continuation.yield(data) }
                continuation.finish()
            }
        }
    }

    private func serve(_ hub: Hub) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await hub.run() }
            group.addTask {
                guard case .tcp(let host, let port) = await hub.addresses()["https"] else { return }
                FileHandle.standardOutput.write(Data("https://\(host):\(port)\n".utf8))
                for await _ in Self.input() {}
            }
            try await group.next()
            group.cancelAll()
        }
    }
}
