internal import CoSigning
internal import Encoding
internal import HTTPTypes
package import HubHTTP
package import Hummingbird
package import Issuing
package import Journal
internal import NIOCore
internal import PKI
package import Releases

/// What programs written for oneID Connect ask of a co-signer (docs/protocols/cosign.md 6): servers of a project have
/// messages co-signed, administrators revoke servers and devices. Who asks proves it by a token signed with his key.
package struct ProjectRoutes: Sendable {
    private let releases: Releases
    private let issuer: Issuer
    private let revokeDevice: @Sendable (String, Requester) async throws -> Void
    private let failures: TokenFailures

    /// Serves a room.
    ///
    /// - Parameter revokeDevice: takes all rights of a device, by its ID.
    package init(
        releases: Releases, issuer: Issuer, failures: TokenFailures,
        revokeDevice: @escaping @Sendable (String, Requester) async throws -> Void
    ) {
        (self.releases, self.issuer, self.failures) = (releases, issuer, failures)
        self.revokeDevice = revokeDevice
    }

    package func add(to router: Router<HubContext>) {
        let group = router.group("projects/:project").add(middleware: ErrorAnswers(CoSignForm()))
        group.post("cosign_for_server/:caller") { request, context in
            try await coSign(request, context, device: nil)
        }
        group.post("cosign_for_edge_device/:device") { request, context in
            try await coSign(request, context, device: try context.pathParameter("device"))
        }
        group.post("server/:server/revoke", use: revokeServer)
        group.post("edge_device/:device/revoke", use: revokeDevice)
        for path in [
            "cosign_for_server/:caller", "cosign_for_edge_device/:device", "server/:server/revoke",
            "edge_device/:device/revoke",
        ] {
            for method in [HTTPRequest.Method.get, .put, .delete, .patch] {
                group.on(RouterPath(path), method: method) { _, _ -> Response in throw WrongMethod() }
            }
        }
    }

    private func coSign(_ request: Request, _ context: HubContext, device: String?) async throws -> Response {
        let project = try context.pathParameter("project")
        guard try await releases.snapshot(project) != nil else { throw CoSignRefusal.unknownProject }
        let requester = context.peer.requester
        try failures.check(requester)
        let token = BearerToken.read(request)
        let body = try await CoSignBody.read(request)
        let message: SignedMessage
        do {
            if let device {
                let caller = token.flatMap(CallerToken.claimedCaller(token:)) ?? ""
                let key = try await registered(device)
                message = try await releases.coSign(
                    CoSignRequest(caller: caller, author: .device(key), token: token, body: body), project: project,
                    by: requester)
            } else {
                message = try await releases.coSign(
                    CoSignRequest(
                        caller: try context.pathParameter("caller"), author: .server, token: token, body: body),
                    project: project, by: requester)
            }
        } catch let refusal as CoSignRefusal {
            failures.note(refusal, requester)
            throw refusal
        }
        return CoSignAnswer.message(message.encoded())
    }

    /// A device as a signer: the key of its certificate. One that nobody knows has a key that nobody has, so that only
    /// who proves to be a server learns whether there is such a device.
    private func registered(_ device: String) async throws -> RegisteredKey {
        guard let kid = KeyID(device) else { throw CoSignRefusal.badRequest }
        guard let (key, isAdmitted) = try await issuer.deviceKey(of: device) else {
            return RegisteredKey(kid: kid, key: try PrivateKey.makeP256().publicKey, state: .revoked)
        }
        return RegisteredKey(kid: kid, key: key, state: isAdmitted ? .active : .revoked)
    }

    private func administrator(_ request: Request, _ context: HubContext) async throws -> (String, Requester) {
        let project = try context.pathParameter("project")
        let requester = context.peer.requester
        try failures.check(requester)
        do {
            let name = try await releases.authenticateAdministrator(BearerToken.read(request), project: project)
            return (project, Requester(name: "project admin \(name)", address: requester.address))
        } catch let refusal as CoSignRefusal {
            failures.note(refusal, requester)
            throw refusal
        }
    }

    private func revokeServer(_ request: Request, context: HubContext) async throws -> Response {
        let (project, requester) = try await administrator(request, context)
        try await releases.setState(
            .revoked, ofKey: try context.pathParameter("server"), role: .server, project: project, by: requester)
        return CoSignAnswer.json { _ in }
    }

    private func revokeDevice(_ request: Request, context: HubContext) async throws -> Response {
        let (project, requester) = try await administrator(request, context)
        let device = try context.pathParameter("device")
        try await releases.refuseForeign(device, project: project)
        try await revokeDevice(device, requester)
        return CoSignAnswer.json { _ in }
    }
}

/// 405.
struct WrongMethod: RouteError {
    var status: HTTPResponse.Status { .methodNotAllowed }
    var code: String { "method_not_allowed" }
    var message: String { "" }
    var headers: HTTPFields { [.allow: "POST"] }
}

/// Bodies of requests.
enum CoSignBody {
    /// - Throws: `tooLarge`; 415 for what a web page can send unasked.
    static func read(_ request: Request) async throws -> [UInt8] {
        try FormType.refuse(request, instead: "application/jose+json")
        do {
            return [UInt8](buffer: try await request.body.collect(upTo: CoSignLimits.message))
        } catch is NIOTooManyBytesError {
            throw CoSignRefusal.tooLarge
        } catch let error as HTTPError where error.status == .contentTooLarge {
            throw CoSignRefusal.tooLarge
        }
    }
}
