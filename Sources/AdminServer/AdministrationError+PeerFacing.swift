internal import Administration
package import HTTPTypes
internal import HubHTTP

/// Refusals of administration, as those of the routes beside them.
extension AdministrationError: PeerFacingError {
    private var shown: any PeerFacingError {
        switch self {
        case .invalid(let reason): AdminError.badRequest(reason)
        case .tunnelsOff: TunnelOperationError.switchedOff
        case .deviceNotConnected(let device): TunnelOperationError.deviceNotConnected(device)
        }
    }

    package var status: HTTPResponse.Status { shown.status }
    package var code: String { shown.code }
    package var message: String { shown.message }
    package var hint: String { shown.hint }
}
