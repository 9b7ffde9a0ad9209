internal import AdminAPI
internal import ArgumentParser
internal import Encoding
internal import Files
internal import FoundationEssentials
internal import Glibc
internal import PKI
internal import Synchronization
internal import Transport
internal import Wire

/// How a command reaches the hub (docs/manual.md, "Listeners").
struct ConnectionOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Unix socket of the hub (HUB_SOCKET).", valueName: "path"))
    var socket: String?

    @Option(help: ArgumentHelp("Hub on the network: https://HOST:PORT (HUB_URL).", valueName: "url"))
    var hub: String?

    @Option(help: ArgumentHelp("Certificate of OU admin, PEM (HUB_CERT).", valueName: "file"))
    var cert: String?

    @Option(help: ArgumentHelp("Its key, PEM (HUB_KEY).", valueName: "file"))
    var key: String?

    @Option(help: ArgumentHelp("CA of the hub, PEM (HUB_CA).", valueName: "file"))
    var ca: String?

    @Flag(help: "Print one JSON document on standard output.")
    var json = false

    /// A client that will connect when it is used.
    func client() throws -> AdminClient {
        if socket == nil, let url = hub ?? environment("HUB_URL") { return try network(url) }
        return AdminClient(
            endpoint: .unixSocket(path: socket ?? environment("HUB_SOCKET") ?? Self.localSocket), tls: nil)
    }

    /// Where the hub is: this machine, or the host of its URL.
    func host() throws -> String {
        guard socket == nil, let url = hub ?? environment("HUB_URL"), let location = try? HTTPSLocation(parsing: url)
        else { return "127.0.0.1" }
        return location.host
    }

    /// The installed hub's socket, else that of the hub in this folder.
    private static var localSocket: String {
        let installed = "/run/latchkey/admin.sock"
        return SecureFile.exists(installed) ? installed : "./var/run/admin.sock"
    }

    private func network(_ url: String) throws -> AdminClient {
        guard let location = try? HTTPSLocation(parsing: url) else {
            throw CommandFailure.usage("--hub must be https://HOST:PORT")
        }
        guard let cert = cert ?? environment("HUB_CERT"), let key = key ?? environment("HUB_KEY"),
            let ca = ca ?? environment("HUB_CA")
        else { throw CommandFailure.usage("--hub needs --cert, --key and --ca (or HUB_CERT, HUB_KEY, HUB_CA)") }
        let identity: ClientIdentity
        let roots: [Certificate]
        do {
            identity = ClientIdentity(
                chain: try Certificate.all(inPEM: try SecureFile.read(cert)),
                signer: try PrivateKey(pem: try SecureFile.read(key), passphrase: nil))
            roots = try Certificate.all(inPEM: try SecureFile.read(ca))
        } catch let error as PKIError {
            throw CommandFailure.failed("--cert, --key or --ca is not a usable PEM file (\(error.step.rawValue))")
        }
        let tls = TransportTLS(
            trust: .roots(roots), identity: identity, checkedName: location.host, hub: .markedOrOldForm
        ) {
            Int64(time(nil))
        }
        return AdminClient(endpoint: .tls(host: location.host, port: location.port), tls: tls)
    }
}

/// Asks the admin API; every call is one connection, since a command makes few.
struct AdminClient: Sendable {
    let endpoint: Endpoint
    let tls: TransportTLS?

    /// - Parameter patience: how long the hub may work on it.
    func call<Answer: Decodable>(
        _ call: AdminCall<Answer>, patience: Duration = .seconds(30)
    ) async throws -> Answer {
        try Self.decode(Answer.self, try await send(call, patience: patience))
    }

    func call(_ call: AdminCall<NoContent>) async throws {
        _ = try await send(call)
    }

    /// An answer that is not JSON, as a whole.
    func call(_ call: AdminCall<RawContent>) async throws -> [UInt8] {
        try await send(call)
    }

    /// Every item of a listing, page by page.
    func all<Item: Codable & Sendable>(
        _ listing: AdminCall<AdminPage<Item>>, limit: Int = .max
    ) async throws -> [Item] {
        var items: [Item] = []
        var call = listing
        var after: String?
        repeat {
            call.turn(to: after, limit: min(limit, AdminEndpoints.pageLimit))
            let page = try await self.call(call)
            items += page.items
            after = page.after
        } while after != nil && items.count < limit
        return Array(items.prefix(limit))
    }

    /// Sends a file's content and gets a value back.
    ///
    /// - Parameter onProgress: told the bytes the hub has taken so far.
    func upload<Answer: Decodable>(
        _ call: AdminCall<Answer>, chunks: @escaping @Sendable (HTTPBodyWriter) async throws -> Void,
        onProgress: @escaping @Sendable (Int) -> Void
    ) async throws -> Answer {
        var limits = TransportLimits()
        // The hub may need a while to finish what it took.
        limits.exchange = .seconds(24 * 3600)
        limits.idle = .seconds(600)
        var request = HTTPExchangeRequest(
            method: call.method.rawValue, path: call.target, headers: [("Content-Type", call.contentType)],
            body: .stream(length: nil, write: chunks))
        request.onProgress = onProgress
        return try Self.decode(Answer.self, try await exchange(request, limits: limits))
    }

    /// Sends a value and takes something large back in parts, however long the hub works on it.
    ///
    /// - Parameter onPart: gets the parts; what the hub says when it refuses is none.
    func stream(
        _ call: AdminCall<RawContent>, onPart: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws {
        var limits = TransportLimits()
        limits.exchange = .seconds(24 * 3600)
        limits.idle = .seconds(600)
        try await stream(try Self.request(call), limits: limits, onPart: onPart)
    }

    /// Fetches something large in parts.
    ///
    /// - Parameters:
    ///   - path: from the root: of a call, or as the hub named it.
    ///   - onPart: gets the parts; what the hub says when it refuses is none.
    func download(_ path: String, onPart: @escaping @Sendable ([UInt8]) async throws -> Void) async throws {
        try await stream(HTTPExchangeRequest(path: path), limits: TransportLimits(), onPart: onPart)
    }

    /// What the hub says when it refuses never reaches `onPart`: it becomes the failure, with code, message and hint.
    private func stream(
        _ request: HTTPExchangeRequest, limits: TransportLimits,
        onPart: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws {
        let connection: HTTPConnection
        do {
            connection = try await HTTPConnection.connect(endpoint, tls: tls, limits: limits)
        } catch let error as TransportError {
            throw CommandFailure.unreachable(Self.advice(error, endpoint))
        }
        defer { connection.close() }
        let refusal = Mutex<[UInt8]?>(nil)
        let response = try await connection.stream(
            request, onHead: { head in if head.status != 200 { refusal.withLock { $0 = [] } } },
            onBody: { part in
                let isRefused = refusal.withLock { text in
                    guard let count = text?.count else { return false }
                    text?.append(contentsOf: part.prefix(Self.refusalLimit - min(count, Self.refusalLimit)))
                    return true
                }
                if !isRefused { try await onPart(part) }
            })
        guard response.status == 200 else {
            throw Self.failure(response.status, refusal.withLock { $0 } ?? response.body)
        }
    }

    /// Longest refusal that is read, in bytes.
    private static let refusalLimit = 65_536

    private func send<Answer>(
        _ call: AdminCall<Answer>, patience: Duration = .seconds(30)
    ) async throws -> [UInt8] {
        var limits = TransportLimits()
        limits.exchange = patience
        limits.responseBody = 16 << 20
        return try await exchange(try Self.request(call), limits: limits)
    }

    private static func request<Answer>(_ call: AdminCall<Answer>) throws -> HTTPExchangeRequest {
        HTTPExchangeRequest(
            method: call.method.rawValue, path: call.target, headers: [("Content-Type", call.contentType)],
            body: try call.body.map { .bytes(Array(try JSONEncoder().encode($0))) } ?? .none)
    }

    private func exchange(_ request: HTTPExchangeRequest, limits: TransportLimits) async throws -> [UInt8] {
        let connection: HTTPConnection
        do {
            connection = try await HTTPConnection.connect(endpoint, tls: tls, limits: limits)
        } catch let error as TransportError {
            throw CommandFailure.unreachable(Self.advice(error, endpoint))
        }
        defer { connection.close() }
        let response: HTTPExchangeResponse
        do {
            response = try await connection.send(request)
        } catch let error as TransportError {
            throw CommandFailure.unreachable("the hub's answer did not arrive: \(error)")
        }
        guard (200..<300).contains(response.status) else { throw Self.failure(response.status, response.body) }
        return response.body
    }

    static func advice(_ error: TransportError, _ endpoint: Endpoint) -> String {
        switch endpoint {
        case .unixSocket(let path):
            "no hub answers at \(path) (\(error)); start it, or name its socket with --socket"
        case .tls, .plain: "no hub answers at \(endpoint) (\(error)); check --hub, --cert and --ca"
        }
    }

    static func failure(_ status: Int, _ body: [UInt8]) -> CommandFailure {
        guard let failure = try? JSONDecoder().decode(AdminFailure.self, from: Data(body)) else {
            return .failed("the hub answered \(status)")
        }
        let message = failure.error.message.isEmpty ? "the hub answered \(status)" : failure.error.message
        var refusal = CommandFailure.failed(
            failure.error.hint.isEmpty ? message : "\(message); \(failure.error.hint)")
        refusal.word = failure.error.code
        return refusal
    }

    private static func decode<Value: Decodable>(_ type: Value.Type, _ body: [UInt8]) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(body))
        } catch {
            throw CommandFailure.failed("the hub's answer can't be read; hub and command are from different releases")
        }
    }
}
