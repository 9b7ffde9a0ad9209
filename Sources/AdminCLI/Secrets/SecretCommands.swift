internal import AdminAPI
internal import ArgumentParser
internal import Encoding
internal import Files
internal import PKI
internal import Rules
internal import Wire

struct AddCommand: HubCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Register the secret of one device.",
        discussion: """
            Examples:
              oob add lamp-0001 --secret-file label.txt
              oob add lamp-0001 --valid-until 2027-01-31 < label.txt
              oob add lamp-0002 --pairing spake2plus --secret-file pin.txt
            """)

    @OptionGroup var connection: ConnectionOptions
    @Argument(help: "Device ID.") var deviceID: String
    @Option(help: "File with the secret, - for standard input; default: prompt.") var secretFile: String?
    @Option(help: "When it expires: RFC 3339 date or time. Default 3 days.") var validUntil: String?
    @Option(help: "Role (OU) of the device's certificate.") var ou: String?
    @Option(help: "Device type.") var deviceType: String?
    @Option(help: "hmac, spake2plus or any; with spake2plus the secret never leaves this command.") var pairing: String?
    @Flag(help: "Also if the device already has a certificate.") var replace = false

    func work() async throws {
        let text =
            try secretFile.map { try SecretSource.file($0) } ?? HiddenInput.ask("Secret: ")
            ?? SecretSource.standardInput()
        var secret = AdminSecret(deviceID: deviceID, secret: text)
        if pairing == "spake2plus" {
            secret.record = try Self.record(of: text, deviceID: deviceID)
            secret.secret = nil
        }
        secret.validUntil = validUntil
        secret.ou = ou
        secret.deviceType = deviceType
        secret.pairing = pairing
        secret.replace = replace
        let stored = try await connection.client().call(SecretEndpoints.add(secret))
        if SecretStrength.isWeak(text.utf8), pairing != "spake2plus" {
            Terminal.complain("oob: the secret is easy to guess; a strong one has 20 or more characters (oob generate)")
        }
        try Output.show(stored, json: connection.json) {
            "\(deviceID) may enrol until \(stored.validUntil ?? "")"
        }
    }

    /// The hub gets what it needs to check a pairing, not the secret.
    private static func record(of secret: String, deviceID: String) throws -> AdminPairingRecord {
        do {
            let record = try PairingRecord.make(secret: Array(secret.utf8), deviceID: deviceID)
            return AdminPairingRecord(
                salt: Hex.encode(record.salt), iterations: record.iterations, w0: Hex.encode(record.w0.copy),
                l: Hex.encode(record.l))
        } catch {
            throw CommandFailure.failed("no pairing record can be made: \(error)")
        }
    }
}

struct UnlockCommand: HubCommand {
    static let configuration = CommandConfiguration(
        commandName: "unlock", abstract: "Unlock a device after too many failed attempts.",
        discussion: "Example:\n  oob unlock lamp-0001")

    @OptionGroup var connection: ConnectionOptions
    @Argument(help: "Device ID.") var deviceID: String

    func work() async throws {
        try await connection.client().call(SecretEndpoints.unlock(deviceID))
        try Output.show(["unlocked": deviceID], json: connection.json) { "\(deviceID) may try again" }
    }
}

struct ListCommand: HubCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List registered secrets, without the secrets themselves.",
        discussion: "Example:\n  oob list --json")

    @OptionGroup var connection: ConnectionOptions

    func work() async throws {
        let secrets = try await connection.client().all(SecretEndpoints.list())
        try Output.show(secrets, json: connection.json) {
            Output.table(
                ["DEVICE", "VALID UNTIL", "OU", "TYPE", "PAIRING", "LOCKED UNTIL", "LOCKED ADDRESSES"],
                secrets.map { secret in
                    [
                        secret.deviceID, secret.validUntil, secret.ou, secret.deviceType, secret.pairing,
                        secret.lockedUntil, secret.lockedAddresses.map(String.init),
                    ]
                },
                empty: "no secrets")
        }
    }
}

struct ShowCommand: HubCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show what is registered for a device, without the secret.",
        discussion: "Example:\n  oob show lamp-0001")

    @OptionGroup var connection: ConnectionOptions
    @Argument(help: "Device ID.") var deviceID: String

    func work() async throws {
        let secret = try await connection.client().call(SecretEndpoints.show(deviceID))
        try Output.show(secret, json: connection.json) {
            Output.pairs([
                "device": secret.deviceID, "valid until": secret.validUntil, "ou": secret.ou,
                "type": secret.deviceType, "pairing": secret.pairing, "tags": secret.tags, "note": secret.note,
                "locked until": secret.lockedUntil, "locked addresses": secret.lockedAddresses.map(String.init),
            ])
        }
    }
}

struct RemoveCommand: HubCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove secrets before they are used.",
        discussion: "Example:\n  oob remove lamp-0001 lamp-0002")

    @OptionGroup var connection: ConnectionOptions
    @Argument(help: "Device IDs.") var deviceIDs: [String]

    func work() async throws {
        let client = try connection.client()
        var removed: [String] = []
        var problems: [CommandFailure] = []
        for deviceID in deviceIDs {
            do {
                try await client.call(SecretEndpoints.remove(deviceID))
                removed.append(deviceID)
            } catch let failure as CommandFailure where failure.code == 1 {
                problems.append(failure)
            }
        }
        try Output.show(["removed": removed], json: connection.json) {
            "removed \(removed.count) of \(deviceIDs.count)"
        }
        guard let first = problems.first else { return }
        throw removed.isEmpty ? first : CommandFailure.partly("\(problems.count) not removed; the first: \(first.line)")
    }
}

struct ExportCommand: HubCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Export registered secrets as CSV; the secrets themselves only on request.",
        discussion: "Examples:\n  oob export > list.csv\n  oob export --with-secrets > secrets.csv")

    @OptionGroup var connection: ConnectionOptions
    @Flag(help: "Include the secrets in clear; recorded in the audit trail.") var withSecrets = false

    func work() async throws {
        let secrets = try await connection.client().all(
            SecretEndpoints.export(query: SecretExportQuery(withSecrets: withSecrets)))
        try Output.show(secrets, json: connection.json) {
            var columns = ["deviceID", "validUntil", "ou", "deviceType", "pairing", "tags", "note"]
            if withSecrets { columns.insert("secret", at: 1) }
            let lines = secrets.map { secret in
                var fields = [
                    secret.deviceID, secret.validUntil, secret.ou, secret.deviceType, secret.pairing, secret.tags,
                    secret.note,
                ]
                if withSecrets { fields.insert(secret.secret, at: 1) }
                return CSVText.line(fields.map { $0 ?? "" })
            }
            return ([CSVText.line(columns)] + lines).joined(separator: "\n")
        }
    }
}

/// One line of CSV (RFC 4180).
enum CSVText {
    /// Fields with comma, quote or line end are quoted.
    static func line(_ fields: [String]) -> String {
        fields.map { field in
            field.contains { ",\"\r\n".contains($0) }
                ? "\"" + field.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
                : field
        }.joined(separator: ",")
    }
}
