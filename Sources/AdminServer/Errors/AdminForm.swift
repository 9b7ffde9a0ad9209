internal import Encoding
internal import HTTPTypes
internal import HubHTTP
internal import Hummingbird

/// How the admin API tells what it refuses: what happened, with the code and the next step of ``OperatorWords``. For
/// its routes alone, since nobody but an operator can take that step.
struct AdminForm: ErrorForm {
    func refusal(of error: any DomainError) -> any RouteError { OperatorRefusal(error) }

    func answer(_ error: any RouteError) -> Response {
        let hint =
            switch error {
            case let error as OperatorRefusal: error.words.hint
            case let error as HTTPRefusal: OperatorWords.hint(error)
            default: ""
            }
        return HubErrorForm.answer(error.status, code: error.code, message: error.message, hint: hint)
    }
}

/// A refusal of the hub's rooms as an operator sees it.
struct OperatorRefusal: RouteError {
    let words: OperatorWords
    private let error: any DomainError

    init(_ error: any DomainError) {
        self.error = error
        words = OperatorWords.of(error)
    }

    /// What stands in the way can be changed by the operator who asks, so that it is a conflict.
    var status: HTTPResponse.Status {
        switch error.kind {
        case .conflict, .gone, .full, .unavailable: .conflict
        default: error.kind.status
        }
    }

    var code: String { words.code }
    var message: String { error.message }
    var headers: HTTPFields { error.retryHeaders }
}
