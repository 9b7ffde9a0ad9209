package import Devices
internal import Encoding
internal import HTTPTypes
package import HubHTTP
package import Hummingbird
package import Issuing
package import Journal
internal import Metrics
internal import NIOCore
internal import PKI
package import Secrets
internal import Wire

/// IDProv over HTTP: directory, OOB secret, provisioning request, status (docs/protocols/idprov.md 3 to 8).
package struct IDProvRoutes: Sendable {
    private let issuer: Issuer
    private let journal: Journal
    private let secrets: Secrets
    private let devices: Devices
    private let directory: DirectoryDocument
    private let provisioning: Provisioning
    private let pairing: PairingService
    private let outcomes: [Provisioning.Outcome: Counter]

    /// Serves an issuer's devices.
    package init(
        issuer: Issuer, journal: Journal, secrets: Secrets, devices: Devices, directory: DirectoryDocument
    ) {
        self.issuer = issuer
        (self.journal, self.secrets, self.devices) = (journal, secrets, devices)
        self.directory = directory
        provisioning = Provisioning(issuer: issuer, now: journal.now)
        pairing = PairingService(issuer: issuer, secrets: secrets, journal: journal)
        outcomes = Dictionary(
            uniqueKeysWithValues: Provisioning.Outcome.allCases.map { outcome in
                (outcome, Counter(label: "latchkey_provisioning_total", dimensions: [("status", outcome.rawValue)]))
            })
    }

    package func add(to router: Router<HubContext>) {
        let group = router.group().add(middleware: ErrorAnswers(IDProvForm()))
        group.get(RouterPath(IDProv.directoryPath), use: getDirectory)
        group.get("idprov/status/:deviceID", use: getStatus)
        for path in [IDProv.postOobSecretPath, IDProv.postOobSecretPathAlternative] {
            group.postOnly(RouterPath(path), use: postSecret)
        }
        group.postOnly(RouterPath(IDProv.postProvisionRequestPath), use: postProvisionRequest)
        group.postOnly(RouterPath(PairingRequest.path), use: postPairing)
        group.postOnly(RouterPath(HubReport.path), use: postReport)
    }

    private func getDirectory(_ request: Request, context: HubContext) async throws -> Response {
        Self.json(try await directory.bytes(request, context))
    }

    private func postProvisionRequest(_ request: Request, context: HubContext) async throws -> Response {
        let body = try await Self.body(of: request)
        if let session = Self.sessionHeader.flatMap({ request.headers[$0] }) {
            return try await provision(session, request, body: body, context)
        }
        let message: ProvisionRequest
        do {
            message = try ProvisionRequest(parsing: body)
        } catch {
            throw IDProvError.badRequest("not a valid provisioning request: \(error)")
        }
        let (outcome, answer) = try await provisioning.answer(message, body: body, peer: context.peer)
        outcomes[outcome]?.increment()
        return Self.json(answer)
    }

    private static let sessionHeader = HTTPField.Name(PairingHeader.session)
    private static let macHeader = HTTPField.Name(PairingHeader.mac)

    private func postPairing(_ request: Request, context: HubContext) async throws -> Response {
        guard let body = try? await request.body.collect(upTo: PairingRequest.bodyLimit) else {
            throw PairingError.badRequest
        }
        return Self.json(try await pairing.answer([UInt8](buffer: body), context: context))
    }

    /// Step 3 of a pairing.
    private func provision(
        _ session: String, _ request: Request, body: [UInt8], _ context: HubContext
    ) async throws -> Response {
        let (answer, mac) = try await pairing.provision(
            session, headers: request.headers, body: body, peer: context.peer)
        outcomes[.approved]?.increment()
        var response = Self.json(answer)
        if let name = Self.macHeader { response.headers[name] = mac }
        return response
    }

    private func postSecret(_ request: Request, context: HubContext) async throws -> Response {
        guard Self.mayRegister(context.peer) else { throw IDProvError.forbidden }
        let post: OOBSecretPost
        do {
            post = try OOBSecretPost(parsing: try await Self.body(of: request))
        } catch let error as MessageError {
            throw IDProvError.badRequest("no OOB secret: \(error)")
        }
        let validUntil = try secrets.validUntil(post.validUntil)
        let secret = NewSecret(deviceID: post.deviceID, value: Array(post.oobSecret.utf8), validUntil: validUntil)
        try await devices.addSecret(secret, replacing: true, by: context.peer.requester)
        return Response(status: .ok)
    }

    private func postReport(_ request: Request, context: HubContext) async throws -> Response {
        guard let device = try await reporter(context.peer) else { throw IDProvError.forbidden }
        let report: HubReport
        do {
            let body = try await request.body.collect(upTo: HubReport.bodyLimit)
            report = try HubReport(parsing: [UInt8](buffer: body))
        } catch let error as MessageError {
            throw IDProvError.badRequest("no report: \(error)")
        }
        switch report.kind {
        case .fakeHub:
            try await journal.reportFakeHub(device, detail: report.detail, by: context.peer.requester)
        }
        return Self.json(Array("{}".utf8))
    }

    private func getStatus(_ request: Request, context: HubContext) async throws -> Response {
        let deviceID = try context.pathParameter("deviceID")
        guard Self.maySee(deviceID, context.peer) else { throw IDProvError.forbidden }
        let ou = DeviceID.isValid(deviceID) ? try await issuer.claim(deviceID).device?.ou : nil
        let record = try await issuer.newestCertificate(of: deviceID, ou: ou ?? "iotdevice")
        let certificate = record.map { PEM.encode(label: "CERTIFICATE", $0.der) }
        let status = StatusResponse(
            deviceID: deviceID, status: certificate == nil ? .waiting : .approved,
            caCert: issuer.authorities.anchorsPEM,
            clientCert: certificate)
        return Self.json(status.encoded())
    }

    private static func mayRegister(_ peer: Peer) -> Bool {
        peer.role == .admin || peer.role == .plugin
    }

    private static func maySee(_ deviceID: String, _ peer: Peer) -> Bool {
        mayRegister(peer) || peer.isDevice(deviceID)
    }

    /// ID of the device whose certificate this is, as long as it may be here.
    private func reporter(_ peer: Peer) async throws -> String? {
        guard peer.role == .iotdevice, let deviceID = peer.certificate?.subject.commonName else { return nil }
        return try await issuer.claim(deviceID).isRefused ? nil : deviceID
    }

    private static func body(of request: Request) async throws -> [UInt8] {
        [UInt8](buffer: try await request.body.collect(upTo: IDProv.bodyLimit))
    }

    private static func json(_ bytes: [UInt8]) -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}

extension RouterGroup<HubContext> {
    /// A path that answers POST; every other method is told so with 405 and `Allow`.
    fileprivate func postOnly(
        _ path: RouterPath, use handler: @escaping @Sendable (Request, HubContext) async throws -> Response
    ) {
        post(path, use: handler)
        for method in [HTTPRequest.Method.get, .head, .put, .delete, .patch, .options] {
            on(path, method: method) { _, _ in
                Response(status: .methodNotAllowed, headers: [.allow: "POST"])
            }
        }
    }
}
