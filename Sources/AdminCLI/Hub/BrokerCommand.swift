internal import ArgumentParser
internal import Files
internal import PKI
internal import Wire

/// `hubctl service config`: ready configurations for servers that devices talk to.
struct BrokerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Prints a server's configuration for devices of this site.",
        subcommands: [Mosquitto.self])

    struct Mosquitto: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "MQTT broker mosquitto: certificates, revocation, and who may do what by OU.",
            discussion: """
                Devices log in with their certificate; the user name is its CN. A device reads and writes devices/ID/#, services and
                admins everything, clients read everything. Without --folder the configuration is printed; with it all files
                are written: configuration, CA, CRL, access list, and a certificate for the broker.

                Examples:
                  hubctl service config mosquitto
                  hubctl service config mosquitto --folder /etc/mosquitto/latchkey --name broker.example
                  hubctl ca crl --out /etc/mosquitto/latchkey/crl.pem --watch --run 'systemctl reload mosquitto'
                """)

        @OptionGroup var connection: ConnectionOptions
        @Option(help: "Folder for the files.") var folder: String?
        @Option(help: "DNS name or address of the broker; may be repeated.") var name: [String] = []
        @Option(help: "Port of the broker.") var port = 8883

        func work() async throws {
            let place = folder ?? "/etc/mosquitto/latchkey"
            let client = try connection.client()
            let access = AccessList(certificates: try await client.all(AdminCertificateView.self, "/certificates"))
            let text = configurationText(place)
            guard let folder else {
                return try Output.show(["configuration": text, "accessList": access.text], json: connection.json) {
                    text + "\n\n# \(place)/access.acl\n" + access.text
                }
            }
            try SecureFile.makeFolder(folder, mode: 0o755, isNamed: true)
            let authority = try await client.get(AdminCertificateView.self, "/ca")
            try SecureFile.write(authority.pem ?? "", to: folder + "/ca.pem", mode: 0o644)
            try SecureFile.write(try await RevocationListCommand.fetch(client), to: folder + "/crl.pem", mode: 0o644)
            try SecureFile.write(access.text, to: folder + "/access.acl", mode: 0o644)
            try SecureFile.write(text + "\n", to: folder + "/latchkey.conf", mode: 0o644)
            if !SecureFile.exists(folder + "/broker.key") { try await issue(client, folder) }
            try Output.show(["folder": folder], json: connection.json) {
                "written to \(folder); include it in mosquitto.conf: include_dir \(folder)"
            }
        }

        private func issue(_ client: AdminClient, _ folder: String) async throws {
            guard let first = name.first else {
                throw CommandFailure.usage("name the broker for its certificate: --name broker.example")
            }
            let key: PrivateKey
            let pem: String
            do {
                key = try PrivateKey.makeP256()
                pem = try key.pem()
            } catch { throw CommandFailure.failed("no key can be made: \(error)") }
            let certificate = try await client.post(
                AdminCertificateView.self, "/certificates",
                AdminCertificateRequest(
                    commonName: first, ou: "service", publicKeyPEM: key.publicKey.pem(), names: name,
                    validityDays: nil))
            try SecureFile.write(pem, to: folder + "/broker.key", mode: 0o600)
            try SecureFile.write(certificate.pem ?? "", to: folder + "/broker.crt", mode: 0o644)
        }

        private func configurationText(_ place: String) -> String {
            """
            # Devices of the site, by their certificates. The key must be readable for mosquitto: chown mosquitto broker.key
            per_listener_settings true
            listener \(port)
            cafile \(place)/ca.pem
            certfile \(place)/broker.crt
            keyfile \(place)/broker.key
            crlfile \(place)/crl.pem
            require_certificate true
            use_identity_as_username true
            allow_anonymous false
            tls_version tlsv1.2
            acl_file \(place)/access.acl
            """
        }
    }
}

/// Who may do what at a broker, from the certificates the hub issued. Mosquitto sees the CN only, so names are listed by OU.
private struct AccessList {
    let certificates: [AdminCertificateView]

    var text: String {
        var lines = ["# Every device: its own topics.", "pattern readwrite devices/%u/#"]
        lines += section("service", "readwrite") + section("admin", "readwrite") + section("client", "read")
        return lines.joined(separator: "\n") + "\n"
    }

    /// A name that a device bears as well gets no more than the device: the broker can't tell them apart.
    private func section(_ ou: String, _ right: String) -> [String] {
        let devices = Set(certificates.filter { $0.ou == "iotdevice" }.map(\.commonName))
        let names = Set(certificates.filter { $0.ou == ou && $0.revokedAt == nil }.map(\.commonName))
            .subtracting(devices).sorted().filter { $0.unicodeScalars.allSatisfy { $0.value >= 0x20 } }
        return names.flatMap { ["", "user \($0)", "topic \(right) #"] }
    }
}
