internal import AdminAPI
internal import ArgumentParser
internal import Encoding
internal import Files
internal import PKI

struct CertificateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cert", abstract: "List, issue and revoke certificates.",
        subcommands: [
            Issue.self, List.self, Show.self, RevocationCommands.Revoke.self, RevocationCommands.Hold.self,
            RevocationCommands.Unhold.self,
        ])

    static func text(_ certificate: AdminCertificateView) -> String {
        Output.pairs([
            "serial": certificate.serial, "name": certificate.commonName, "ou": certificate.ou,
            "valid from": certificate.notBefore, "valid until": certificate.notAfter,
            "revoked": certificate.revokedAt, "reason": certificate.reason, "fingerprint": certificate.fingerprint,
        ])
    }

    struct Issue: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Create a key locally and issue a certificate for it.",
            discussion: """
                The key never leaves this machine. Not for devices: they enrol by themselves.

                Examples:
                  hubctl cert issue alice --ou client --out alice
                  hubctl cert issue broker --ou service --name broker.example --name 192.0.2.7 --out broker
                """)

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Common name.") var commonName: String
        @Option(help: "Role: client, service, plugin or admin.") var ou: String
        @Option(help: "DNS name, address or URI; may be repeated.") var name: [String] = []
        @Option(help: "Lifetime in days.") var days: Int?
        @Option(help: "Base name of the files to write: OUT.key and OUT.crt.") var out: String

        func validate() throws {
            guard days.map((1...825).contains) ?? true else { throw ValidationError("--days must be 1 to 825") }
        }

        func work() async throws {
            guard !SecureFile.exists(out + ".key") else {
                throw CommandFailure.failed("\(out).key exists; choose another --out")
            }
            let client = try connection.client()
            let key: PrivateKey
            let pem: String
            do {
                key = try PrivateKey.makeP256()
                pem = try key.pem()
            } catch { throw CommandFailure.failed("no key can be made: \(error)") }
            let certificate = try await client.call(
                CertificateEndpoints.issue(
                    AdminCertificateRequest(
                        commonName: commonName, ou: ou, publicKeyPEM: key.publicKey.pem(), names: name,
                        validityDays: days)))
            try SecureFile.write(pem, to: out + ".key", mode: 0o600)
            try SecureFile.write(certificate.pem ?? "", to: out + ".crt", mode: 0o644)
            try Output.show(certificate, json: connection.json) {
                CertificateCommand.text(certificate) + "\nwritten to \(out).crt, key to \(out).key"
            }
        }
    }

    struct List: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "List issued certificates, newest first.", discussion: "Example:\n  hubctl cert list --limit 20")

        @OptionGroup var connection: ConnectionOptions
        @Option(help: "Only those of this common name.") var commonName: String?
        @Option(help: "At most this many.") var limit = 100

        func work() async throws {
            let all = try await connection.client().all(
                CertificateEndpoints.list(query: CertificateQuery(commonName: commonName)), limit: max(1, limit))
            try Output.show(all, json: connection.json) {
                Output.table(
                    ["SERIAL", "NAME", "OU", "VALID FROM", "VALID UNTIL", "REVOKED"],
                    all.map { [$0.serial, $0.commonName, $0.ou, $0.notBefore, $0.notAfter, $0.revokedAt] },
                    empty: "no certificates")
            }
        }
    }

    struct Show: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one certificate, with its PEM text.", discussion: "Example:\n  hubctl cert show 0a1b2c")

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Serial, hexadecimal.") var serial: String

        func work() async throws {
            let certificate = try await connection.client().call(CertificateEndpoints.show(serial))
            try Output.show(certificate, json: connection.json) {
                CertificateCommand.text(certificate) + "\n" + String((certificate.pem ?? "").dropLast())
            }
        }
    }
}
