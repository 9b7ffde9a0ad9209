internal import ArgumentParser
internal import Glibc
internal import PKI
internal import Transport
internal import Wire

extension TunnelCommand {
    struct Open: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Opens a local port that leads to a port of a device. Ctrl-C ends it.",
            discussion: """
                The device's agent must offer the port (hub-agent run --tunnel-ports 22). What goes through is encrypted from here to the
                device, with certificates of the hub at both ends; the hub itself sees nothing of it.

                A server that is not the agent, such as one of nymea-remoteproxy, knows no such encryption and no ports: with --plain the
                server decides what the tunnel leads to, and the hub can read what goes through.

                Examples:
                  hubctl tunnel open lamp-1 22 --local 2222
                  ssh -p 2222 root@127.0.0.1
                  hubctl tunnel open lamp-1 --plain --local 8080
                """)

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "ID of the device.") var device: String
        @Argument(help: "TCP port of the device; none with --plain.") var port: Int?
        @Option(help: "Local port; 0 for any free one.") var local = 0
        @Option(help: "Local address.") var bind = "127.0.0.1"
        @Option(help: "How long it may last, in minutes, 1 to 1440.") var minutes = 480
        @Flag(help: "To a server that is not the device's agent: the hub can read what goes through.") var plain = false

        func validate() throws {
            guard plain || port != nil else {
                throw ValidationError("name the port of the device, or --plain for a server that is not its agent")
            }
            guard !plain || port == nil else {
                throw ValidationError("--plain takes no port: the server decides what the tunnel leads to")
            }
            guard (1...65_535).contains(port ?? 1), (0...65_535).contains(local) else {
                throw ValidationError("a port is a number from 1 to 65535")
            }
        }

        func work() async throws {
            let target = if let port { try await agent(port) } else { try await stockServer() }
            try await TunnelForward.run(
                host: bind, port: local, to: target, onListening: { port in announce(port) },
                onEnd: { error in
                    if let error { Terminal.complain("\(CommandLine.programName): \(error)") }
                })
        }

        private func announce(_ local: Int) {
            if connection.json {
                try? Output.line(Place(host: bind, port: local, isEncrypted: !plain))
            } else {
                let goal = port.map { "port \($0)" } ?? "the server"
                Terminal.print("\(bind):\(local) leads to \(goal) of \(device); Ctrl-C ends it")
            }
        }

        private struct Place: Codable {
            let host: String
            let port: Int
            let isEncrypted: Bool
        }

        // MARK: - Where it leads

        /// The device's agent, through TLS that ends there.
        private func agent(_ port: Int) async throws -> TunnelTarget {
            let key: PrivateKey
            do {
                key = try PrivateKey.makeP256()
            } catch {
                throw CommandFailure.failed("no key can be made (\(error))")
            }
            let grant = try await grant(key.publicKey.pem())
            guard let pem = grant.certificatePEM else { throw Self.unknownRelease }
            let chain = try certificates(pem)
            let roots = try certificates(grant.authorityPEM)
            let inner = TunnelTLS(
                identity: TLSIdentity(chain: chain, signer: key), roots: roots, now: Self.now
            ) { [device] certificate in
                // Exactly this device: another of the site must not answer in its place.
                certificate.subject.commonName == device
                    && certificate.subject.organizationalUnits.contains("iotdevice")
            }
            return try target(grant, roots, .encrypted(inner, port: port))
        }

        /// Whatever else the device keeps at the proxy.
        private func stockServer() async throws -> TunnelTarget {
            let grant = try await grant(nil)
            Terminal.complain(
                "\(CommandLine.programName): warning: this tunnel is not encrypted up to the device: the hub can read what goes through"
            )
            return try target(grant, try certificates(grant.authorityPEM), .plain)
        }

        private func grant(_ publicKeyPEM: String?) async throws -> AdminTunnelGrant {
            try await connection.client().post(
                AdminTunnelGrant.self, "/tunnels/open",
                AdminTunnelOpening(device: device, publicKeyPEM: publicKeyPEM, minutes: minutes))
        }

        private func target(
            _ grant: AdminTunnelGrant, _ roots: [Certificate], _ way: TunnelWay
        ) throws -> TunnelTarget {
            guard let uuid = TunnelUUID(grant.serverUuid) else { throw Self.unknownRelease }
            return TunnelTarget(
                proxy: .tls(
                    host: grant.proxyHost.isEmpty ? try connection.host() : grant.proxyHost, port: grant.proxyPort),
                tls: TransportTLS(trust: .roots(roots), now: Self.now), serverUUID: uuid, token: grant.token,
                name: CommandLine.programName, way: way, random: { Self.uuid() })
        }

        private func certificates(_ pem: String) throws -> [Certificate] {
            do {
                return try Certificate.all(inPEM: pem)
            } catch {
                throw CommandFailure.failed("the hub's certificates can't be read (\(error.step.rawValue))")
            }
        }

        private static let unknownRelease = CommandFailure.failed(
            "the hub's answer can't be read; hub and command are of different releases")

        private static let now: @Sendable () -> Int64 = { Int64(time(nil)) }

        /// A random UUID, version 4.
        private static func uuid() -> [UInt8] {
            var bytes = SecureRandom.bytes(16)
            bytes[6] = bytes[6] & 0x0F | 0x40
            bytes[8] = bytes[8] & 0x3F | 0x80
            return bytes
        }
    }
}
