internal import Encoding
import Glibc
import HostilePeer
import PKI
import Synchronization
import Wire

@testable import DeviceClient

/// A hub under the test's control, honest unless told otherwise: speaks the protocol over real TLS.
final class ScriptedHub: Sendable {
    /// What it does with a provisioning request.
    enum Reply: Sendable {
        /// Signed with this secret; issued by the hub's CA unless another is named.
        case approve(secret: String, from: TestAuthority? = nil, deviceID: String? = nil, key: PublicKey? = nil)
        /// Issued for these times, Unix seconds.
        case issue(secret: String, notBefore: Int64, notAfter: Int64, date: String? = nil)
        case waiting(Int)
        case rejected
        /// Bytes after the request, whatever they are.
        case raw(@Sendable (PeerConnection) async throws -> Void)
    }

    static let secret = "Kf7-label-secret-of-this-box"
    static let now = Int64(time(nil))

    let authority: TestAuthority
    let identity: PeerIdentity
    private let reply: @Sendable (ProvisionRequest, Int) throws -> Reply
    private let directory: Directory
    private let pairing: ScriptedPairing?
    private let knowsReports: Bool
    private let seen = Mutex<[ProvisionRequest]>([])
    private let told = Mutex<[HubReport]>([])

    init(
        authority: TestAuthority? = nil, directory: Directory? = nil, identity: PeerIdentity? = nil,
        pairing: ScriptedPairing? = nil,
        knowsReports: Bool = true,
        reply: @escaping @Sendable (ProvisionRequest, Int) throws -> Reply = { _, _ in .approve(secret: secret) }
    ) throws {
        self.authority = try authority ?? TestAuthority(now: Self.now)
        self.identity = try identity ?? self.authority.server()
        self.pairing = pairing
        self.directory =
            directory
            ?? Directory(
                endpoints: .init(additional: pairing == nil ? [:] : [PairingRequest.endpoint: PairingRequest.path]),
                caCert: self.authority.certificate.pem, services: ["mqtts": "mqtts://hub.test:8883"])
        self.reply = reply
        self.knowsReports = knowsReports
    }

    /// The provisioning requests so far.
    var requests: [ProvisionRequest] { seen.withLock { $0 } }

    /// The reports so far.
    var reports: [HubReport] { told.withLock { $0 } }

    /// Runs the hub beside `body`, which gets its address. `mutual` demands a device certificate.
    @discardableResult
    func run<Value: Sendable>(
        mutual: Bool = false, closesAfterDirectory: Bool = false, identities: [PeerIdentity]? = nil,
        body: @Sendable (String) async throws -> Value
    ) async throws -> Value {
        let shown = identities ?? [identity]
        let tls = ScriptedServer.TLS(clientRoots: mutual ? [authority.certificate] : nil) {
            shown[min($0, shown.count - 1)]
        }
        return try await ScriptedServer.run(tls: tls) { peer in
            while let request = try await peer.request() {
                if request.path == "/idprov/directory" {
                    let headers = closesAfterDirectory ? ["Connection: close"] : []
                    try await peer.answer(headers: headers, self.directory.encoded())
                    if closesAfterDirectory { return }
                } else if let pairing = self.pairing,
                    request.path == PairingRequest.path || request.headers["pake-session"] != nil
                {
                    try await pairing.answer(request, peer, authority: self.authority, server: self.identity.chain[0])
                } else if self.knowsReports, request.path == HubReport.path {
                    let report = try HubReport(parsing: request.body)
                    self.told.withLock { $0.append(report) }
                    try await peer.answer(Array("{}".utf8))
                } else {
                    try await self.provision(request, peer)
                }
            }
        } body: { server async throws in
            try await body("127.0.0.1:\(server.port)")
        }
    }

    private func provision(_ request: PeerRequest, _ peer: PeerConnection) async throws {
        let asked = try ProvisionRequest(parsing: request.body)
        let number = seen.withLock { seen in
            seen.append(asked)
            return seen.count - 1
        }
        let key = try PublicKey(pem: asked.publicKeyPEM)
        switch try reply(asked, number) {
        case .approve(let secret, let other, let deviceID, let otherKey):
            let issuer = other ?? authority
            let certificate = try issuer.device(deviceID ?? asked.deviceID, key: otherKey ?? key)
            try await peer.answer(Self.signed(certificate, issuer, secret))
        case .issue(let secret, let notBefore, let notAfter, let date):
            let certificate = try authority.device(asked.deviceID, key: key, notBefore: notBefore, notAfter: notAfter)
            try await peer.answer(
                headers: date.map { ["Date: \($0)"] } ?? [], Self.signed(certificate, authority, secret))
        case .waiting(let seconds):
            try await peer.answer(
                ProvisionResponse(retrySec: seconds, status: .waiting).canonical(blankSignature: false))
        case .rejected: try await peer.answer(ProvisionResponse(status: .rejected).canonical(blankSignature: false))
        case .raw(let send): try await send(peer)
        }
    }

    static func signed(_ certificate: Certificate, _ issuer: TestAuthority, _ secret: String) -> [UInt8] {
        var response = ProvisionResponse(
            retrySec: 3600, status: .approved, caCert: issuer.certificate.pem, clientCert: certificate.pem)
        response.signature = Base64.encode(
            HMACSHA256.authenticate(response.canonical(blankSignature: true), key: Array(secret.utf8)))
        return response.canonical(blankSignature: false)
    }
}

extension PeerConnection {
    func answer(headers: [String] = [], _ body: [UInt8]) async throws {
        try await answer(200, headers: headers, body)
    }
}

/// A folder that is gone afterwards.
struct TemporaryFolder: ~Copyable {
    let path: String

    init() {
        path = "/tmp/device-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
    }

    deinit {
        for file in ["device.key", "device.crt", "ca.crt", "device.json", "pairing.json"] {
            unsafe unlink(path + "/" + file)
            unsafe unlink(path + "/" + file + ".new")
        }
        unsafe rmdir(path)
    }
}

/// A clock that moves when somebody waits for it.
final class ManualClock: Sendable {
    private let seconds: Mutex<Int64>

    init(_ start: Int64) {
        seconds = Mutex(start)
    }

    var now: Int64 { seconds.withLock { $0 } }

    func advance(_ duration: Duration) {
        seconds.withLock { $0 += max(1, duration.components.seconds) }
    }
}

extension Device {
    /// A device of these tests. With a clock, waiting moves the clock instead of taking time.
    static func test(
        _ folder: String, hubs: [String], id: String = "dev-1", clock: ManualClock? = nil,
        change: (inout DeviceConfiguration) -> Void = { _ in }
    ) throws -> Device {
        var configuration = DeviceConfiguration(folder: folder)
        configuration.hub = .addresses(hubs)
        configuration.exchangeTimeout = .seconds(60)
        if let clock {
            configuration.now = { clock.now }
            configuration.sleep = { duration in
                try Task.checkCancellation()
                clock.advance(duration)
                await Task.yield()
            }
        }
        change(&configuration)
        return try Device(id: id, configuration: configuration)
    }
}

/// Collects events until the device is dropped or enough were seen.
func gather(_ events: AsyncStream<DeviceEvent>, until isLast: (DeviceEvent) -> Bool) async -> [DeviceEvent] {
    var seen: [DeviceEvent] = []
    for await event in events {
        seen.append(event)
        if isLast(event) { break }
    }
    return seen
}
