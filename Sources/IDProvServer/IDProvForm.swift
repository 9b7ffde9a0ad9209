internal import Devices
internal import Encoding
internal import HubHTTP
internal import Hummingbird
internal import Issuing
internal import Journal
internal import NIOCore
internal import Wire

/// Refusals as IDProv knows them: 400 for a request that can't be taken as it is, 403 for a caller who may not. Those
/// of a pairing are `{"error":"…"}` (docs/protocols/secure-pairing.md section 6), all others have the form of the hub.
struct IDProvForm: ErrorForm {
    func refusal(of error: any DomainError) -> any RouteError {
        switch error {
        case DevicesError.invalidDeviceID(let problem): IDProvError.badRequest("the deviceID \(problem.message)")
        case DevicesError.deviceNameTaken(_, let ou):
            IDProvError.badRequest("the deviceID is the name of a certificate of OU \(ou)")
        case IssuingError.keyNotAllowed:
            IDProvError.badRequest("publicKeyPEM is of a kind this hub does not accept")
        case JournalError.tooManyReports: IDProvError.tooManyReports
        default: refusal(of: error, error.kind)
        }
    }

    private func refusal(of error: any DomainError, _ kind: ErrorKind) -> any RouteError {
        switch kind {
        case .invalid, .notFound, .conflict, .changed, .gone, .full, .unusable: IDProvError.badRequest(error.message)
        case .unauthorized, .forbidden: IDProvError.forbidden
        case .tooLarge: HTTPRefusal.bodyTooLong
        case .tooMany: DomainRefusal(error)
        case .unavailable: IDProvError.unavailable
        case .noRoom, .fault: HTTPRefusal.fault
        }
    }

    func answer(_ error: any RouteError) -> Response {
        guard let error = error as? PairingError else { return HubErrorForm().answer(error) }
        return Response(
            status: error.status, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(string: #"{"error":"\#(error.code)"}"#)))
    }
}
