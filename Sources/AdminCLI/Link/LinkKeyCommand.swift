internal import AdminAPI
internal import ArgumentParser
internal import Encoding
internal import Files
internal import FoundationEssentials

struct LinkKeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Manage the shared secrets with which devices open their links.",
        subcommands: [Add.self, List.self, Revoke.self])

    struct Add: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Create a shared secret of a product or a device and show it once.",
            discussion: """
                Every device of a product has the product's key: a new device ID that comes with it is approved, or
                waits for your approval with --approval. A device's key lets that device in and no other. Give one to a
                device that has a certificate of the hub or a registered secret: a product's key does not open its
                record.

                --existing-key and --secret-file take over what devices have already, of another server.

                Examples:
                  hubctl link key add --product widget --name "line 3"
                  hubctl link key add --product widget --approval --out widget-key.json
                  hubctl link key add --device lamp-0001 --out lamp-0001-key.json
                  hubctl link key add --product widget --existing-key nhp_zM9s... --secret-file secret.txt
                """)

        @OptionGroup var connection: ConnectionOptions
        @Option(help: "Product whose devices get it.") var product: String?
        @Option(help: "ID of the one device that gets it.") var device: String?
        @Option(help: "What it is for, for the list.") var name: String?
        @Flag(help: "Let new devices that come with it wait for approval.") var approval = false
        @Option(
            help: ArgumentHelp(
                "Write key and secret to this new file (mode 0600), and do not show the secret.", valueName: "file"))
        var out: String?
        @Option(help: "Key that devices have already.") var existingKey: String?
        @Option(help: ArgumentHelp("File with its secret, - for standard input.", valueName: "file"))
        var secretFile: String?

        func validate() throws {
            guard (product == nil) != (device == nil) else {
                throw ValidationError("give either --product or --device")
            }
            guard !approval || product != nil else { throw ValidationError("--approval goes with --product") }
            guard (existingKey == nil) == (secretFile == nil) else {
                throw ValidationError("give --existing-key and --secret-file together")
            }
        }

        func work() async throws {
            if let out, SecureFile.exists(out) {
                throw CommandFailure.failed("\(out) exists already; name another file")
            }
            var new = AdminNewLinkKey(product: product, deviceID: device, name: name)
            new.requiresApproval = approval ? true : nil
            new.key = existingKey
            new.secret = try secretFile.map { try SecretSource.file($0) }
            guard let out else {
                let made = try await connection.client().call(LinkKeyEndpoints.add(new))
                return try Output.show(made, json: connection.json) {
                    Output.pairs(["key": made.key, "secret": made.secret])
                        + "\nKeep the secret now: it is not shown again."
                }
            }
            // Before the key is made: the secret of one whose file can't be written would be lost.
            let file = try FileSink(out, mode: 0o600)
            defer { file.discard() }
            var made = try await connection.client().call(LinkKeyEndpoints.add(new))
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            try file.write(Array(try encoder.encode(made)) + [0x0A])
            try file.finish()
            made.secret = nil
            try Output.show(Written(key: made, file: out), json: connection.json) {
                Output.pairs(["key": made.key, "file": out])
            }
        }
    }

    /// A key whose secret is in a file: what the hub says of it, and where the file is.
    private struct Written: Encodable {
        let key: AdminLinkKey
        let file: String

        enum CodingKeys: String, CodingKey {
            case file
        }

        func encode(to encoder: any Encoder) throws {
            try key.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(file, forKey: .file)
        }
    }

    struct List: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the shared secrets by their keys, without the secrets.",
            discussion: "Example:\n  hubctl link key list --json")

        @OptionGroup var connection: ConnectionOptions

        func work() async throws {
            let keys = try await connection.client().all(LinkKeyEndpoints.list())
            try Output.show(keys, json: connection.json) {
                Output.table(
                    ["KEY", "PRODUCT", "DEVICE", "NAME", "APPROVAL", "SINCE", "LAST USED", "REVOKED"],
                    keys.map { key in
                        [
                            key.key, key.product, key.deviceID, key.name, key.requiresApproval ? "needed" : nil,
                            key.createdAt, key.lastUsedAt, key.revokedAt,
                        ]
                    }, empty: "no link keys")
            }
        }
    }

    struct Revoke: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Revoke a shared secret and end the links that were opened with it.",
            discussion: """
                Takes the key, or its first characters (8 or more) if no other key begins with them.

                Example:
                  hubctl link key revoke nhp_zM9sVt
                """)

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "The key.") var key: String

        func work() async throws {
            let revoked = try await connection.client().call(LinkKeyEndpoints.revoke(key))
            try Output.show(revoked, json: connection.json) { "link key \(revoked.key) is revoked" }
        }
    }
}
