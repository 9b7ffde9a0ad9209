internal import AdminAPI
internal import ArgumentParser
internal import Files
internal import FoundationEssentials
internal import PKI

/// `hubctl service config`: ready configurations for servers that devices talk to.
struct BrokerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Print a server's configuration for devices of this site.",
        subcommands: [Mosquitto.self])

    struct Mosquitto: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "MQTT broker mosquitto: certificates, revocation, and access rules by OU.",
            discussion: """
                All clients authenticate with a certificate. Devices use --port; their user name is the CN, and each
                reads and writes devices/ID/#. Services and admins, who read and write everything, and clients, who read
                everything, use --role-port; their user name is the whole subject including the role, so that no device
                ID can equal it. Without --folder the configuration is printed; with it all files are written:
                configuration, CA, CRL, access lists, and a certificate for the broker.

                Examples:
                  hubctl service config mosquitto
                  hubctl service config mosquitto --folder /etc/mosquitto/latchkey --name broker.example
                  hubctl ca crl --out /etc/mosquitto/latchkey/crl.pem --watch --run 'systemctl reload mosquitto'
                """)

        @OptionGroup var connection: ConnectionOptions
        @Option(help: "Folder for the files.") var folder: String?
        @Option(help: "DNS name or address of the broker; may be repeated.") var name: [String] = []
        @Option(help: "Port for devices.") var port = 8883
        @Option(help: "Port for services, clients and admins; default: the one after --port.") var rolePort: Int?

        func validate() throws {
            guard (1...65_535).contains(port), (1...65_535).contains(portOfRoles), port != portOfRoles else {
                throw ValidationError("--port and --role-port must be two ports from 1 to 65535")
            }
        }

        private var portOfRoles: Int { rolePort ?? port + 1 }

        func work() async throws {
            let folder = folder.map(Self.wholePath)
            let place = folder ?? "/etc/mosquitto/latchkey"
            let client = try connection.client()
            let access = AccessList(certificates: try await client.all(CertificateEndpoints.list()))
            let text = configurationText(place)
            guard let folder else {
                let lists = ["accessList": access.devices, "roleAccessList": access.roles]
                return try Output.show(lists.merging(["configuration": text]) { $1 }, json: connection.json) {
                    text + "\n\n# \(place)/access.acl\n" + access.devices + "\n# \(place)/roles.acl\n" + access.roles
                }
            }
            try SecureFile.makeFolder(folder, mode: 0o755, isNamed: true)
            let authority = try await client.call(AuthorityEndpoints.current())
            try SecureFile.write(authority.pem ?? "", to: folder + "/ca.pem", mode: 0o644)
            try SecureFile.write(try await RevocationListCommand.fetch(client), to: folder + "/crl.pem", mode: 0o644)
            try SecureFile.write(access.devices, to: folder + "/access.acl", mode: 0o644)
            try SecureFile.write(access.roles, to: folder + "/roles.acl", mode: 0o644)
            try SecureFile.write(text + "\n", to: folder + "/latchkey.conf", mode: 0o644)
            if !SecureFile.exists(folder + "/broker.key") { try await issue(client, folder) }
            try Output.show(["folder": folder], json: connection.json) {
                "written to \(folder); include it in mosquitto.conf: include_dir \(folder)"
            }
        }

        /// The broker is started in another folder than this command.
        static func wholePath(_ folder: String) -> String {
            let path = URL(fileURLWithPath: folder).standardizedFileURL.path
            return path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
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
            let certificate = try await client.call(
                CertificateEndpoints.issue(
                    AdminCertificateRequest(
                        commonName: first, ou: "service", publicKeyPEM: key.publicKey.pem(), names: name,
                        validityDays: nil)))
            try SecureFile.write(pem, to: folder + "/broker.key", mode: 0o600)
            try SecureFile.write(certificate.pem ?? "", to: folder + "/broker.crt", mode: 0o644)
        }

        private func configurationText(_ place: String) -> String {
            """
            # The site's devices, and its services, clients and admins, by their certificates. The key must be readable for mosquitto:
            # chown mosquitto broker.key
            per_listener_settings true

            # Devices: the user name is the CN, which is the device's ID.
            listener \(port)
            use_identity_as_username true
            acl_file \(place)/access.acl
            \(certificates(place))

            # All others: the user name is the whole subject, so that no device bears one of the names in the list.
            listener \(portOfRoles)
            use_subject_as_username true
            acl_file \(place)/roles.acl
            \(certificates(place))
            """
        }

        private func certificates(_ place: String) -> String {
            """
            cafile \(place)/ca.pem
            certfile \(place)/broker.crt
            keyfile \(place)/broker.key
            crlfile \(place)/crl.pem
            require_certificate true
            allow_anonymous false
            tls_version tlsv1.2
            """
        }
    }
}

/// Who may do what at a broker. Lists go by what a certificate proves: devices by their CN, on a listener where nothing
/// but their own topics is to be had; others by their whole subject, which holds the role.
private struct AccessList {
    let certificates: [AdminCertificateView]

    let devices = """
        # Every device: its own topics.
        pattern readwrite devices/%u/#

        """

    var roles: String {
        var lines = ["# Services and admins: everything. Clients: reading. By the whole subject of the certificate."]
        lines += section("service", "readwrite") + section("admin", "readwrite") + section("client", "read")
        return lines.joined(separator: "\n") + "\n"
    }

    private func section(_ ou: String, _ right: String) -> [String] {
        let subjects = certificates.filter { $0.ou == ou && $0.revokedAt == nil }.compactMap(\.subject)
        // OpenSSL escapes whatever is not plain ASCII; a line that could end early is left out all the same.
        let plain = Set(subjects).filter { $0.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } && !$0.isEmpty }
        return plain.sorted().flatMap { ["", "user \($0)", "topic \(right) #"] }
    }
}
