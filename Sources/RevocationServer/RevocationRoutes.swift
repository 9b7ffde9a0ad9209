internal import Encoding
internal import HTTPTypes
package import HubHTTP
package import Hummingbird
package import Issuing
internal import Metrics
internal import NIOCore
internal import PKI

/// What others check certificates with, over plain HTTP: CRL, CA certificates, OCSP (docs/protocols/enrolment.md 2).
///
/// No TLS on purpose: a client can't check the certificate of the server it checks certificates with. Everything served
/// is signed.
package struct RevocationRoutes: Sendable {
    private let issuer: Issuer
    private let lists: RevocationLists
    private let responder: OCSPResponder
    private let answered = Counter(label: "latchkey_ocsp_answers_total")

    /// Serves what is true of an issuer.
    package init(issuer: Issuer, lists: RevocationLists, responder: OCSPResponder) {
        self.issuer = issuer
        self.lists = lists
        self.responder = responder
    }

    package func add(to router: Router<HubContext>) {
        let group = router.group().add(middleware: ErrorAnswers(HubErrorForm()))
        group.get("pki/:file", use: getFile)
        group.post("pki/ocsp", use: postRequest)
        group.get("pki/ocsp/**", use: getRequest)
    }

    private func getFile(_ request: Request, context: HubContext) async throws -> Response {
        let path = "/pki/" + (try context.parameters.require("file"))
        let authorities = issuer.authorities
        if let authority = authorities.all.first(where: { Publication.certificatePath($0.generation) == path }) {
            return Self.file(authority.certificate.der, type: "application/pkix-cert")
        }
        let named = authorities.all.first { Publication.revocationListPath($0.generation) == path }
        // Scripts know the first authority's path only; once that one is retired they mean the current one.
        let first = path == Publication.revocationListPath(1) ? authorities.current : nil
        guard let authority = named ?? first, let list = try await lists.list(authority.generation) else {
            throw HTTPError(.notFound, message: "no such file")
        }
        return Self.answer(list, to: request)
    }

    private func postRequest(_ request: Request, context: HubContext) async throws -> Response {
        // A body that is too long is answered like any other that can't be read.
        let body = try? await request.body.collect(upTo: OCSPRequest.limit)
        return await Self.ocsp(answer(body.map { [UInt8](buffer: $0) } ?? []))
    }

    private func getRequest(_ request: Request, context: HubContext) async throws -> Response {
        let text = String(request.uri.path.dropFirst(Publication.ocspPath.count + 1))
        let bytes = text.utf8.count <= 2 * OCSPRequest.limit ? PercentEncoding.decode(text).flatMap(Base64.decode) : nil
        let answer = await answer(bytes ?? [])
        var response = Self.ocsp(answer)
        // RFC 5019 section 6.2: caches between may keep it as long as the responder itself would. What is not an
        // answer, and may pass, nobody keeps.
        response.headers[.cacheControl] =
            OCSPSigner.isError(answer)
            ? "no-store" : "max-age=\(OCSPResponder.keepSeconds), public, no-transform, must-revalidate"
        return response
    }

    private func answer(_ request: [UInt8]) async -> [UInt8] {
        answered.increment()
        return await responder.answer(request)
    }

    private static func ocsp(_ answer: [UInt8]) -> Response { file(answer, type: "application/ocsp-response") }

    private static func answer(_ list: RevocationListFile, to request: Request) -> Response {
        let tag = "\"crl-\(list.number)\""
        let modified = HTTPDate.text(list.signedAt)
        var response =
            ContentTag.isKnown(tag, modified: modified, to: request)
            ? Response(status: .notModified) : file(list.der, type: "application/pkix-crl")
        response.headers[.eTag] = tag
        response.headers[.lastModified] = modified
        response.headers[.cacheControl] = "max-age=60"
        return response
    }

    private static func file(_ bytes: [UInt8], type: String) -> Response {
        Response(
            status: .ok, headers: [.contentType: type], body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
