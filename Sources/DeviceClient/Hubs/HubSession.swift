internal import PKI
internal import Transport
internal import Wire

/// One conversation with one hub. Connects as needed and insists on the same server certificate throughout
/// (docs/protocols/idprov.md 1): whoever changes it in between is somebody else.
struct HubSession {
    let hub: HubCandidate
    private let tls: TransportTLS
    private let limits: TransportLimits
    private let rule: HubRule
    private var connection: (location: String, http: HTTPConnection)?
    /// The server's chain, leaf first, once connected.
    private(set) var chain: [Certificate] = []
    /// Our own address as the connection shows it.
    private(set) var ownAddress = ""

    /// - Parameters:
    ///   - rule: whose certificates pass for the hub's.
    ///   - bodyLimit: of an answer that is kept, in bytes.
    init(
        hub: HubCandidate, tls: TransportTLS, rule: HubRule, timeout: Duration, bodyLimit: Int = IDProv.bodyLimit
    ) {
        self.hub = hub
        self.rule = rule
        self.tls = tls
        limits = TransportLimits(
            connect: min(timeout, .seconds(10)), exchange: timeout, idle: timeout, responseBody: bodyLimit,
            headerBytes: 8192, headerLines: 48)
    }

    /// Whether the hub bears the mark that is its alone.
    var isMarked: Bool { chain.first.map { HubRecognition($0) == .marked } ?? false }

    mutating func get(_ location: HTTPSLocation) async throws(DeviceError) -> HTTPExchangeResponse {
        try await exchange(
            HTTPExchangeRequest(path: location.path, headers: [("Accept", IDProv.contentType)]), location)
    }

    mutating func post(_ body: [UInt8], to location: HTTPSLocation) async throws(DeviceError) -> HTTPExchangeResponse {
        let headers = [("Content-Type", IDProv.contentType), ("Accept", IDProv.contentType)]
        return try await exchange(
            HTTPExchangeRequest(method: "POST", path: location.path, headers: headers, body: .bytes(body)), location)
    }

    /// Posts a message of a pairing; whatever status comes back is the caller's to judge.
    mutating func exchange(
        _ body: [UInt8], to location: HTTPSLocation, headers more: [(String, String)] = []
    ) async throws(DeviceError) -> HTTPExchangeResponse {
        let headers = [("Content-Type", IDProv.contentType), ("Accept", IDProv.contentType)] + more
        return try await answered(
            HTTPExchangeRequest(method: "POST", path: location.path, headers: headers, body: .bytes(body)), location)
    }

    func close() {
        connection?.http.close()
    }

    /// Connects without asking for anything, so that ``chain`` and ``ownAddress`` are known.
    mutating func connect(to location: HTTPSLocation) async throws(DeviceError) {
        _ = try await open(location)
    }

    private mutating func exchange(
        _ request: HTTPExchangeRequest, _ location: HTTPSLocation
    ) async throws(DeviceError) -> HTTPExchangeResponse {
        let response = try await answered(request, location)
        guard response.status == 200 else { throw .hubFault(hub, reason: "status \(response.status)") }
        return response
    }

    /// Sends a request; whatever status comes back is the caller's to judge.
    mutating func answered(
        _ request: HTTPExchangeRequest, _ location: HTTPSLocation
    ) async throws(DeviceError) -> HTTPExchangeResponse {
        let isReused = connection?.http.isOpen ?? false
        var answer = try await attempt(request, location)
        // A hub may close a kept connection at any time; that says nothing about the hub.
        if case .failure(.closed) = answer, isReused {
            connection?.http.close()
            answer = try await attempt(request, location)
        }
        do throws(TransportError) {
            return try answer.get()
        } catch {
            throw translate(error)
        }
    }

    /// Sends a request and hands the answer on as it arrives, however long it is.
    mutating func stream(
        _ request: HTTPExchangeRequest, _ location: HTTPSLocation,
        onHead: @escaping @Sendable (HTTPExchangeResponse) async throws -> Void,
        onBody: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws(DeviceError) {
        let http = try await open(location)
        do {
            _ = try await http.stream(request, onHead: onHead, onBody: onBody)
        } catch {
            throw translate(error)
        }
    }

    private mutating func attempt(
        _ request: HTTPExchangeRequest, _ location: HTTPSLocation
    ) async throws(DeviceError) -> Result<HTTPExchangeResponse, TransportError> {
        let http = try await open(location)
        do {
            return .success(try await http.send(request))
        } catch let error as TransportError {
            return .failure(error)
        } catch {
            throw translate(error)
        }
    }

    private mutating func open(_ location: HTTPSLocation) async throws(DeviceError) -> HTTPConnection {
        let place = "\(location.host) \(location.port)"
        if let connection, connection.location == place, connection.http.isOpen { return connection.http }
        let http: HTTPConnection
        do {
            http = try await HTTPConnection.connect(
                .tls(host: location.host, port: location.port), tls: tls, limits: limits)
        } catch {
            throw translate(error)
        }
        guard chain.isEmpty || chain.first == http.peerCertificates.first else {
            http.close()
            throw .fakeHub(hub, .changedIdentity)
        }
        // Before anything is asked: what another server of the site answers must not matter.
        guard let leaf = http.peerCertificates.first, rule.admits(leaf) else {
            http.close()
            throw .fakeHub(hub, .notTheHub)
        }
        chain = http.peerCertificates
        ownAddress = http.localAddress ?? ""
        connection?.http.close()
        connection = (place, http)
        return http
    }

    /// What a certificate that was not believed says of its hub: one that is valid at another time is not an
    /// impostor's.
    private func distrust(_ chain: [Certificate]) -> DeviceError {
        guard case .roots(let roots) = tls.trust, let leaf = chain.first, leaf.notBefore < leaf.notAfter else {
            return .fakeHub(hub, .foreignAuthority)
        }
        let store = TrustStore(roots: roots, intermediates: Array(chain.dropFirst()))
        let now = tls.now()
        let validity = leaf.notBefore..<leaf.notAfter
        guard !validity.contains(now), (try? store.verify(leaf, purpose: .server, at: leaf.notAfter - 1)) != nil else {
            return .fakeHub(hub, .foreignAuthority)
        }
        guard rule.admits(leaf) else { return .fakeHub(hub, .notTheHub) }
        return .clock(hub, now: now, validity: validity)
    }

    private func translate(_ error: any Error) -> DeviceError {
        switch error {
        case is CancellationError: .cancelled
        case TransportError.untrusted(_, let peer): distrust(peer)
        case let error as TransportError:
            switch error {
            case .responseTooLarge, .notHTTP, .invalidRequest: .hubFault(hub, reason: error.description)
            default: .hubUnreachable(hub, reason: error.description)
            }
        default: .hubUnreachable(hub, reason: "connection failed")
        }
    }
}
