internal import HTTPTypes
package import HubHTTP
package import Hummingbird
package import Issuing
internal import Journal
internal import Logging
internal import Metrics
package import PKI
internal import Wire

/// Enrolment over Secure Transport (RFC 7030, RFC 8951) for stock clients: curl, strongSwan, libest
/// (docs/protocols/enrolment.md 1).
///
/// The same devices, secrets, limits and audit trail as IDProv: a device enrolled here is the same device.
package struct ESTRoutes: Sendable {
    /// Longest body of a request, in bytes.
    package static let bodyLimit = 64 * 1024

    private let issuer: Issuer
    private let enrolment: ESTEnrolment
    private let makesKeys: Bool

    /// Serves an issuer.
    ///
    /// - Parameters:
    ///   - makesKeys: whether `serverkeygen` exists.
    ///   - names: kinds of alternative names a request may bring along; all others are ignored.
    package init(issuer: Issuer, makesKeys: Bool = false, names: Set<SubjectAlternativeNameKind> = []) {
        self.issuer = issuer
        self.makesKeys = makesKeys
        enrolment = ESTEnrolment(issuer: issuer, names: names)
    }

    /// Adds the routes, with and without a label, which may select a profile one day.
    package func add(to router: Router<HubContext>) {
        // One name for both places: the router knows a parameter by its place.
        let group = router.group().add(middleware: ESTOutcomes()).add(middleware: ErrorAnswers(ESTForm()))
        for path in [".well-known/est/:segment", ".well-known/est/:segment/:operation"] {
            for method in [HTTPRequest.Method.get, .post, .put, .delete, .patch, .head, .options] {
                group.on(RouterPath(path), method: method, use: answer)
            }
        }
    }

    private func answer(_ request: Request, context: HubContext) async throws -> Response {
        try await serve(try operation(context), request, context)
    }

    private func operation(_ context: HubContext) throws -> String {
        try context.parameters.get("operation") ?? context.parameters.require("segment")
    }

    private func serve(_ operation: String, _ request: Request, _ context: HubContext) async throws -> Response {
        let allowed: HTTPRequest.Method
        switch operation {
        case "cacerts", "csrattrs": allowed = .get
        case "simpleenroll", "simplereenroll": allowed = .post
        case "serverkeygen" where makesKeys: allowed = .post
        default: throw ESTError.unknownOperation
        }
        guard request.method == allowed else { throw ESTError.wrongMethod(allowed: allowed.rawValue) }
        switch operation {
        case "cacerts":
            return ESTAnswer.certificates(issuer.authorities.published, to: request, isEnrolment: false)
        case "csrattrs":
            return ESTAnswer.encoded(Self.attributes, type: "application/csrattrs", to: request)
        default:
            return try await enrol(operation, request, context)
        }
    }

    private func enrol(_ operation: String, _ request: Request, _ context: HubContext) async throws -> Response {
        let certificateRequest = try await RequestBody.read(request)
        let credentials = BasicCredentials(request)
        let key = operation == "serverkeygen" ? try PrivateKey.makeP256() : nil
        let outcome =
            operation == "simplereenroll"
            ? try await enrolment.renew(certificateRequest, peer: context.peer)
            : try await enrolment.enrol(
                certificateRequest, key: key?.publicKey, credentials: credentials, peer: context.peer)
        switch outcome {
        case .pending(let seconds): return ESTAnswer.pending(seconds: seconds)
        case .issued(let certificate):
            guard let key else {
                return ESTAnswer.certificates([certificate], to: request, isEnrolment: true)
            }
            return ESTAnswer.keyAndCertificate(try key.pkcs8(), certificate, to: request)
        }
    }

    /// What a request should look like: SEQUENCE { SEQUENCE { id-ecPublicKey, SET { prime256v1 } }, ecdsa-with-SHA256
    /// }.
    private static let attributes: [UInt8] = [
        0x30, 0x21, 0x30, 0x15, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x31, 0x0A, 0x06, 0x08, 0x2A,
        0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02,
    ]
}
