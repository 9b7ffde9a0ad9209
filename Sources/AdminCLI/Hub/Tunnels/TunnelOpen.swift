internal import AdminAPI
internal import ArgumentParser
internal import Encoding
internal import Glibc
internal import PKI
internal import Transport
internal import TunnelClient
internal import Wire

extension TunnelCommand {
    struct Open: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Open a local port that leads to a port of a device. Ctrl-C ends it.",
            discussion: """
                The device's agent must offer the port (hub-agent run --tunnel-ports 22). The traffic is encrypted from
                here to the device, with certificates of the hub at both ends; the hub can't read it. The token is
                renewed as long as the command runs, and revoked on exit.

                A server that is not the agent, such as one of nymea-remoteproxy, supports neither this encryption nor
                ports: with --plain the server decides what the tunnel leads to, and the hub can read the traffic.

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
        @Option(help: "How long one connection may last, in minutes, 1 to 1440.") var minutes = 480
        @Flag(help: "To a server other than the device's agent; the hub can read the traffic.") var plain = false

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
            let key: PrivateKey
            do {
                key = try PrivateKey.makeP256()
            } catch {
                throw CommandFailure.failed("no key can be made (\(error))")
            }
            let right = try await TunnelRight(
                ask: { renewed in try await grant(key, renewed) },
                revoke: { token in
                    try await connection.client().call(TunnelTokenEndpoints.revoke(token))
                })
            let watch = SignalWatch([SIGTERM, SIGHUP, SIGINT])
            let result = await serve(right, until: watch.signals)
            withExtendedLifetime(watch) {}
            for token in await right.end() {
                Terminal.complain(
                    "\(CommandLine.programName): token \(token) is still valid; revoke it with: hubctl tunnel revoke \(token)"
                )
            }
            try result.get()
        }

        /// Passes connections on until a signal comes, the port can't be listened on, or the right is not renewed.
        private func serve(_ right: TunnelRight, until signals: AsyncStream<Int32>) async -> Result<Void, any Error> {
            warn()
            do {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        try await TunnelForward.run(
                            host: bind, port: local, to: right.target, onListening: { port in announce(port) },
                            onEnd: { error in
                                guard let error else { return }
                                if error as? TunnelFailure == .noRight { right.doubt() }
                                Terminal.complain("\(CommandLine.programName): \(error)")
                            })
                    }
                    group.addTask { try await right.keep() }
                    group.addTask { for await _ in signals { return } }
                    defer { group.cancelAll() }
                    try await group.next()
                }
                return .success(())
            } catch {
                return .failure(error)
            }
        }

        private func warn() {
            if plain {
                Terminal.complain(
                    "\(CommandLine.programName): warning: this tunnel is not encrypted up to the device: the hub can read the traffic"
                )
            }
            guard !Self.isLoopback(bind) else { return }
            Terminal.complain(
                "\(CommandLine.programName): anyone on the network who can reach \(bind) can reach \(goal) through it"
            )
        }

        /// Whether only programs of this machine reach an address.
        static func isLoopback(_ address: String) -> Bool {
            address == "::1" || address == "localhost"
                || (address.hasPrefix("127.") && address.allSatisfy { $0 == "." || ("0"..."9").contains($0) })
        }

        private func announce(_ local: Int) {
            if connection.json {
                try? Output.line(Place(host: bind, port: local, isEncrypted: !plain))
            } else {
                Terminal.print("\(bind):\(local) leads to \(goal), over a tunnel; Ctrl-C ends it")
            }
        }

        private var goal: String { port.map { "port \($0) of \(device)" } ?? "the server of \(device)" }

        private struct Place: Codable {
            let host: String
            let port: Int
            let isEncrypted: Bool
        }

        // MARK: - Where it leads

        /// One right to reach the device, or the next one.
        private func grant(_ key: PrivateKey, _ renewed: String?) async throws -> TunnelRight.Grant {
            let opening = AdminTunnelOpening(
                device: device, publicKeyPEM: plain ? nil : key.publicKey.pem(), minutes: minutes,
                renewedToken: renewed)
            let grant: AdminTunnelGrant
            do {
                grant = try await connection.client().call(TunnelEndpoints.open(opening))
            } catch let failure as CommandFailure where failure.word == "deviceNotConnected" {
                throw notConnected(failure)
            }
            let roots = try certificates(grant.authorityPEM)
            return TunnelRight.Grant(
                tokenID: grant.tokenID, life: .seconds(grant.lifeSeconds),
                target: try target(grant, roots, try mode(grant, key, roots)))
        }

        /// What to do then, with the port that is wanted: the hub does not know it.
        private func notConnected(_ failure: CommandFailure) -> CommandFailure {
            guard let port else { return failure }
            return CommandFailure(
                line: "\(device) is not connected to the tunnel proxy; start its agent with: "
                    + "hub-agent run --tunnel-ports \(port)", code: failure.code, word: failure.word)
        }

        /// To the device's agent through TLS that ends there; plain to whatever else the device keeps at the proxy.
        private func mode(_ grant: AdminTunnelGrant, _ key: PrivateKey, _ roots: [Certificate]) throws -> TunnelMode {
            guard let port else { return .plain }
            guard let pem = grant.certificatePEM else { throw Self.unknownRelease }
            let inner = TunnelTLS(
                identity: ClientIdentity(chain: try certificates(pem), signer: key), roots: roots, now: Self.now
            ) { [device] certificate in
                // Exactly this device: another of the site must not answer in its place.
                DeviceID.isSame(certificate.subject.commonName, device)
                    && certificate.subject.organizationalUnits.contains("iotdevice")
            }
            return .encrypted(inner, port: port)
        }

        private func target(
            _ grant: AdminTunnelGrant, _ roots: [Certificate], _ mode: TunnelMode
        ) throws -> TunnelTarget {
            guard let uuid = TunnelUUID(grant.serverUuid) else { throw Self.unknownRelease }
            return TunnelTarget(
                proxy: .tls(
                    host: grant.proxyHost.isEmpty ? try connection.host() : grant.proxyHost, port: grant.proxyPort),
                tls: TransportTLS(trust: .roots(roots), hub: .markedOrOldForm, now: Self.now), serverUUID: uuid,
                token: grant.token,
                name: CommandLine.programName, mode: mode, random: { Self.uuid() })
        }

        private func certificates(_ pem: String) throws -> [Certificate] {
            do {
                return try Certificate.all(inPEM: pem)
            } catch {
                throw CommandFailure.failed("the hub's certificates can't be read (\(error.step.rawValue))")
            }
        }

        private static let unknownRelease = CommandFailure.failed(
            "the hub's answer can't be read; hub and command are from different releases")

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
