internal import AdminAPI
internal import ArgumentParser
internal import Files
internal import PKI

/// What `cert revoke`, `cert hold` and `cert unhold` name: one certificate, or all of a device.
struct RevocationTarget: ParsableArguments {
    @Argument(help: "Serial of a certificate, hexadecimal.") var serial: String?
    @Option(help: "The certificate itself, a PEM file; the hub need not know it.") var certificate: String?
    @Option(help: "All certificates of this device, which then can't renew.") var device: String?

    func validate() throws {
        guard [serial, certificate, device].count(where: { $0 != nil }) == 1 else {
            throw ValidationError("give one of a serial, --certificate FILE and --device ID")
        }
    }

    func request(reason: String? = nil) throws -> AdminRevocation {
        var request = AdminRevocation(serial: serial, deviceID: device, reason: reason)
        request.certificatePEM = try certificate.map(Self.pem)
        return request
    }

    /// The certificate alone: the file may hold its key as well.
    private static func pem(_ file: String) throws -> String {
        let text = try SecureFile.read(file)
        guard let certificate = try? Certificate(pem: text) else {
            throw CommandFailure.failed("\(file) does not contain a certificate in PEM")
        }
        return certificate.pem
    }
}

enum RevocationCommands {
    static let reasons = "keyCompromise, affiliationChanged, superseded, cessationOfOperation, privilegeWithdrawn"

    static func show(_ page: AdminPage<AdminCertificateView>, isLifted: Bool = false, json: Bool) throws {
        for certificate in page.items where certificate.isUnknown && !isLifted {
            Terminal.complain(
                "the hub has no record of a certificate \(certificate.serial); compare it with: openssl x509 -noout -serial, "
                    + "and lift a mistaken revocation with: hubctl cert unhold \(certificate.serial)")
        }
        try Output.show(page.items, json: json) {
            Output.table(
                ["SERIAL", "NAME", "OU", "VALID UNTIL", "REVOKED", "REASON"],
                page.items.map { [$0.serial, $0.commonName, $0.ou, $0.notAfter, $0.revokedAt, $0.reason] },
                empty: "no certificates; the device can't enrol")
        }
    }

    struct Revoke: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Revoke a certificate permanently; it is refused everywhere at once.",
            discussion: """
                With --device, or if the certificate is the one its device uses, the device can't enrol again until it
                is approved again (hubctl device approve); with the reason superseded it can. Any certificate of the
                site's CAs can be named, even one unknown to the hub because it is newer than a restored backup.

                Examples:
                  hubctl cert revoke 0a1b2c --reason keyCompromise
                  hubctl cert revoke --certificate lamp-0001.crt
                  hubctl cert revoke --device lamp-0001 --reason cessationOfOperation
                """)

        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var target: RevocationTarget
        @Option(help: "One of \(RevocationCommands.reasons).") var reason = "unspecified"

        func work() async throws {
            let page = try await connection.client().call(
                CertificateEndpoints.revoke(try target.request(reason: reason)))
            try RevocationCommands.show(page, json: connection.json)
        }
    }

    struct Hold: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put a certificate on hold: refused until the hold is lifted.",
            discussion: "Examples:\n  hubctl cert hold 0a1b2c\n  hubctl cert hold --device lamp-0001")

        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var target: RevocationTarget

        func work() async throws {
            let page = try await connection.client().call(CertificateEndpoints.hold(try target.request()))
            try RevocationCommands.show(page, json: connection.json)
        }
    }

    struct Unhold: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lift a hold, or delete the revocation of a serial unknown to the hub.",
            discussion: "Examples:\n  hubctl cert unhold 0a1b2c\n  hubctl cert unhold --device lamp-0001")

        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var target: RevocationTarget

        func work() async throws {
            let page = try await connection.client().call(CertificateEndpoints.unhold(try target.request()))
            try RevocationCommands.show(page, isLifted: true, json: connection.json)
        }
    }
}

/// `oob revoke`: the same for those who work with secrets only.
struct RevokeCommand: HubCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Revoke a device's certificates, or one certificate.",
        discussion: "Examples:\n  oob revoke lamp-0001 --reason keyCompromise\n  oob revoke 0a1b2c")

    @OptionGroup var connection: ConnectionOptions
    @Argument(help: "Serial of a certificate, or a device ID.") var target: String
    @Option(help: "One of \(RevocationCommands.reasons).") var reason = "unspecified"

    func work() async throws {
        let page = try await connection.client().call(
            CertificateEndpoints.revoke(AdminRevocation(target: target, reason: reason)))
        try RevocationCommands.show(page, json: connection.json)
    }
}
