internal import Devices
internal import Encoding
internal import HTTPTypes
internal import HubHTTP
internal import Hummingbird
internal import Issuing
internal import Journal
internal import Metrics
internal import NIOCore
internal import Wire

/// Refusals as EST clients read them (docs/protocols/enrolment.md 1.4): a status of the few they know, and one line.
struct ESTForm: ErrorForm {
    func refusal(of error: any DomainError) -> any RouteError { Self.word(for: error) }

    static func word(for error: any DomainError) -> ESTError {
        switch error {
        case IssuingError.keyNotAllowed: .badRequest("a key of this kind gets no certificate here")
        case IssuingError.nameNotAllowed: .badRequest("a name of the request is not for certificates of this kind")
        case DevicesError.deviceNameTaken: .forbidden("the device ID is a name of another role")
        default: word(for: error.kind, error)
        }
    }

    private static func word(for kind: ErrorKind, _ error: any DomainError) -> ESTError {
        switch kind {
        case .invalid, .unusable: .badRequest(error.message)
        case .unauthorized: .unauthorized
        case .forbidden: .forbidden("the device was refused")
        // What it would contradict is none of the caller's business.
        case .notFound, .conflict, .changed, .gone, .full: .forbidden("there is no certificate for this request")
        case .tooLarge: .tooLarge
        case .tooMany: .tooMany(seconds: Int64(error.retryAfterSeconds ?? IDProv.waitingSecondsLimit))
        // Nothing changes before the operator does something.
        case .unavailable, .noRoom, .fault:
            .unavailable(seconds: Int64(error.retryAfterSeconds ?? IDProv.waitingSecondsLimit))
        }
    }

    func answer(_ error: any RouteError) -> Response {
        let line =
            switch error {
            case HTTPRefusal.bodyTooLong: ESTError.tooLarge.message
            case HTTPRefusal.fault: "internal error"
            default: error.message.isEmpty ? error.status.reasonPhrase : error.message
            }
        return Response(
            status: error.status, headers: [.contentType: "text/plain; charset=utf-8"],
            body: .init(byteBuffer: ByteBuffer(string: line + "\n")))
    }
}

/// Counts the answers by their status.
struct ESTOutcomes: RouterMiddleware {
    private static let statuses = [200, 202, 204, 400, 401, 403, 404, 405, 413, 415, 429, 503]

    private let counters = Dictionary(
        uniqueKeysWithValues: statuses.map { status in
            (status, Counter(label: "latchkey_est_total", dimensions: [("status", "\(status)")]))
        })

    func handle(
        _ request: Request, context: HubContext, next: (Request, HubContext) async throws -> Response
    ) async throws -> Response {
        let response = try await next(request, context)
        counters[response.status.code]?.increment()
        return response
    }
}
