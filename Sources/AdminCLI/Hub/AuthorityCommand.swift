internal import AdminAPI
internal import ArgumentParser
internal import Files
internal import Glibc
internal import PKI

struct AuthorityCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ca", abstract: "Manage the site's certificate authority (CA).",
        subcommands: [
            Show.self, Export.self, Rotate.self, Retire.self, RevocationListCommand.self,
        ])

    static func table(_ authorities: [AdminAuthority]) -> String {
        Output.table(
            ["NUMBER", "STATE", "NAME", "VALID UNTIL", "LAST CERTIFICATE UNTIL", "FINGERPRINT"],
            authorities.map {
                [
                    "\($0.generation)", $0.state, $0.certificate.commonName, $0.certificate.notAfter, $0.lastEnd,
                    $0.certificate.fingerprint,
                ]
            }, empty: "no authority")
    }

    struct Show: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the current CA, and during a rollover the previous ones.",
            discussion: "Example:\n  hubctl ca show")

        @OptionGroup var connection: ConnectionOptions

        func work() async throws {
            let authorities = try await connection.client().all(AuthorityEndpoints.list())
            try Output.show(authorities, json: connection.json) { AuthorityCommand.table(authorities) }
        }
    }

    struct Export: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write the trusted CA certificates as PEM, the current one first.",
            discussion: "Example:\n  hubctl ca export --out ca.pem")

        @OptionGroup var connection: ConnectionOptions
        @Option(help: "File to write; default: standard output.") var out: String?

        func work() async throws {
            let authority = try await connection.client().call(AuthorityEndpoints.current())
            let pem = authority.pem ?? ""
            if let out {
                try SecureFile.write(pem, to: out, mode: 0o644)
                try Output.show(authority, json: connection.json) { "written to \(out)" }
            } else {
                try Output.show(authority, json: connection.json) { String(pem.dropLast()) }
            }
        }
    }

    struct Rotate: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Create the next CA. Devices switch to it at their next renewal, without manual work.",
            discussion: """
                Both CAs are published, with cross certificates; the old one is retired automatically when the last
                certificate under it has expired, or by: hubctl ca retire. Services that keep a copy of the CA need a
                new one: hubctl ca export.

                Example:
                  hubctl ca rotate
                """)

        @OptionGroup var connection: ConnectionOptions

        func work() async throws {
            let page = try await connection.client().call(AuthorityEndpoints.rotate())
            try Output.show(page.items, json: connection.json) { AuthorityCommand.table(page.items) }
        }
    }

    struct Retire: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Retire a previous CA: stop trusting it and delete its key.",
            discussion: "Examples:\n  hubctl ca retire 1\n  hubctl ca retire 1 --force")

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Number, as shown by hubctl ca show.") var number: Int64
        @Flag(help: "Even if certificates under it are still valid; their devices lose access.") var force = false

        func work() async throws {
            try await connection.client().call(
                AuthorityEndpoints.retire(NumberText(number), query: RetireQuery(force: force)))
            try Output.show(["retired": number], json: connection.json) { "authority \(number) is retired" }
        }
    }
}

struct RevocationListCommand: HubCommand {
    static let configuration = CommandConfiguration(
        commandName: "crl", abstract: "Write the CRL as PEM, for servers that read it from a file.",
        discussion: """
            With --watch it keeps running and writes the file again after each revocation; the shell then runs --run.

            Examples:
              hubctl ca crl --out crl.pem
              hubctl ca crl --out /etc/mosquitto/latchkey/crl.pem --watch --run 'systemctl reload mosquitto'
            """)

    @OptionGroup var connection: ConnectionOptions
    @Option(help: "File to write; default: standard output.") var out: String?
    @Flag(help: "Keep running and write it again at every change.") var watch = false
    @Option(help: "Shell command to run after each change.") var run: String?

    func validate() throws {
        guard !watch || out != nil else { throw ValidationError("--watch needs --out FILE") }
    }

    func work() async throws {
        let client = try connection.client()
        var last = ""
        repeat {
            do {
                let pem = try await Self.fetch(client)
                if pem != last { try write(pem, isFirst: last.isEmpty) }
                last = pem
            } catch let error where watch {
                // The hub may be restarting; the file stays as it is until then.
                Terminal.complain((error as? CommandFailure)?.line ?? "\(error)")
            }
            if watch { try await Task.sleep(for: .milliseconds(500)) }
        } while watch
    }

    /// The CRLs of every authority, since a server that checks all of a chain wants one for each.
    static func fetch(_ client: AdminClient) async throws -> String {
        var pem = ""
        for authority in try await client.all(AuthorityEndpoints.list()) {
            let der = try await client.call(
                AuthorityEndpoints.revocationList(query: RevocationListQuery(generation: authority.generation)))
            pem += PEM.encode(label: "X509 CRL", der)
        }
        return pem
    }

    private func write(_ pem: String, isFirst: Bool) throws {
        guard let out else { return Terminal.print(String(pem.dropLast())) }
        try SecureFile.write(pem, to: out, mode: 0o644)
        if let run, !(isFirst && !watch) { execute(run) }
        if !connection.json { Terminal.print("written to \(out)") }
    }

    private func execute(_ command: String) {
        let status = unsafe system(command)
        if status != 0 { Terminal.complain("'\(command)' ended with \(status)") }
    }
}
