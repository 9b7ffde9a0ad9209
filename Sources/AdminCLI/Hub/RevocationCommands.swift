internal import ArgumentParser
internal import Wire

/// What `cert revoke`, `cert hold`, `cert unhold` and `oob revoke` name: one certificate, or all of a device.
struct RevocationTarget: ParsableArguments {
    @Argument(help: "Serial of a certificate, hexadecimal.") var serial: String?
    @Option(help: "Every certificate of this device, which then can't renew.") var device: String?

    func validate() throws {
        guard (serial == nil) != (device == nil) else { throw ValidationError("give either a serial or --device ID") }
    }

    func request(reason: String? = nil) -> AdminRevocation {
        AdminRevocation(serial: serial, deviceID: device, reason: reason)
    }

    var name: String { serial ?? device ?? "" }
}

enum RevocationCommands {
    static let reasons = "keyCompromise, affiliationChanged, superseded, cessationOfOperation, privilegeWithdrawn"

    static func show(_ page: AdminPage<AdminCertificateView>, json: Bool) throws {
        try Output.show(page.items, json: json) {
            Output.table(
                ["SERIAL", "NAME", "OU", "VALID UNTIL", "REVOKED", "REASON"],
                page.items.map { [$0.serial, $0.commonName, $0.ou, $0.notAfter, $0.revokedAt, $0.reason] },
                empty: "no certificates; the device can't enrol")
        }
    }

    struct Revoke: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes a certificate back for good: refused everywhere at once.",
            discussion: """
                With --device, or when the certificate is the one its device works with, the device can't enrol again until it is
                approved anew (hubctl device approve); with the reason superseded it can.

                Examples:
                  hubctl cert revoke 0a1b2c --reason keyCompromise
                  hubctl cert revoke --device lamp-0001 --reason cessationOfOperation
                """)

        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var target: RevocationTarget
        @Option(help: "One of \(RevocationCommands.reasons).") var reason = "unspecified"

        func work() async throws {
            let page = try await connection.client().post(
                AdminPage<AdminCertificateView>.self, "/certificates/revoke", target.request(reason: reason))
            try RevocationCommands.show(page, json: connection.json)
        }
    }

    struct Hold: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes a certificate back for a while.",
            discussion: "Examples:\n  hubctl cert hold 0a1b2c\n  hubctl cert hold --device lamp-0001")

        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var target: RevocationTarget

        func work() async throws {
            let page = try await connection.client().post(
                AdminPage<AdminCertificateView>.self, "/certificates/hold", target.request())
            try RevocationCommands.show(page, json: connection.json)
        }
    }

    struct Unhold: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lifts a hold.",
            discussion: "Examples:\n  hubctl cert unhold 0a1b2c\n  hubctl cert unhold --device lamp-0001")

        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var target: RevocationTarget

        func work() async throws {
            let page = try await connection.client().post(
                AdminPage<AdminCertificateView>.self, "/certificates/unhold", target.request())
            try RevocationCommands.show(page, json: connection.json)
        }
    }
}

/// `oob revoke`: the same for those who work with secrets only.
struct RevokeCommand: HubCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Takes a device's certificates back, or one certificate.",
        discussion: "Examples:\n  oob revoke lamp-0001 --reason keyCompromise\n  oob revoke 0a1b2c")

    @OptionGroup var connection: ConnectionOptions
    @Argument(help: "Serial of a certificate, or a device ID.") var target: String
    @Option(help: "One of \(RevocationCommands.reasons).") var reason = "unspecified"

    func work() async throws {
        let page = try await connection.client().post(
            AdminPage<AdminCertificateView>.self, "/certificates/revoke",
            AdminRevocation(target: target, reason: reason))
        try RevocationCommands.show(page, json: connection.json)
    }
}
