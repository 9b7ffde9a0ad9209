internal import AdminAPI
internal import ArgumentParser
internal import Artifact
internal import Files

/// `hubctl artifact key`: whose firmware the hub takes, and what devices check it with.
struct ArtifactKeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Manage the public keys of firmware.",
        subcommands: [Add.self, List.self, Remove.self])

    struct Add: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add a public key: uploads of .fw archives are checked with it, and devices are given it.",
            discussion: """
                The key is a file as fwup writes it, or its base64. At most ten keys of a purpose: devices use no more.

                Examples:
                  hubctl artifact key add build-server fwup-key.pub
                  hubctl artifact key add build-server ylwTddgpodv7CnjMCVUJHaEe8Sn2QI7GB05eA5Rjr+s=
                  hubctl artifact key add media media-key.pub --purpose archive
                """)

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Name of the key.") var name: String
        @Argument(help: ArgumentHelp("File with the key, or its base64.", valueName: "file-or-base64")) var key: String
        @Option(help: "firmware, or archive for the archives beside it.") var purpose = "firmware"

        func validate() throws {
            guard ["firmware", "archive"].contains(purpose) else {
                throw ValidationError("--purpose is firmware or archive")
            }
        }

        func work() async throws {
            let added = try await connection.client().call(
                FirmwareKeyEndpoints.add(AdminFirmwareKey(name: name, key: try text(), purpose: purpose)))
            try Output.show(added, json: connection.json) { "key \(added.name) is added: \(added.key)" }
        }

        /// The key's base64.
        func text() throws -> String {
            if let key = FirmwareKey(reading: Array(key.utf8)) { return key.text }
            guard SecureFile.exists(key), let read = try ArtifactFiles.firmwareKeys([key]).first else {
                throw CommandFailure.failed("\(key) is neither a file nor the base64 of the 32 bytes of a key")
            }
            return read.text
        }
    }

    struct List: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the public keys of firmware.", discussion: "Example:\n  hubctl artifact key list")

        @OptionGroup var connection: ConnectionOptions

        func work() async throws {
            let keys = try await connection.client().all(FirmwareKeyEndpoints.list())
            try Output.show(keys, json: connection.json) {
                Output.table(
                    ["KEY", "PURPOSE", "PUBLIC KEY", "ADDED"],
                    keys.map { [$0.name, $0.purpose, $0.key, $0.createdAt] },
                    empty: "no keys; add one with: hubctl artifact key add NAME FILE")
            }
        }
    }

    struct Remove: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove a public key of firmware; what it signed stays on the hub.",
            discussion: "Example:\n  hubctl artifact key remove build-server")

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Name of the key.") var name: String

        func work() async throws {
            try await connection.client().call(FirmwareKeyEndpoints.remove(name))
            try Output.show(["removed": name], json: connection.json) { "key \(name) is removed" }
        }
    }
}
