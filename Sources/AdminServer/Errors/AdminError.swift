package import Encoding

/// What the admin API itself refuses.
package enum AdminError: DomainError, Equatable {
    /// The caller is not an administrator.
    case forbidden
    /// The caller's certificate of an administrator begins then, Unix seconds.
    case notYetValid(Int64)
    /// The body or a query parameter is not what the call takes.
    case badRequest(String)
    /// No import has that number, or it refused no row.
    case unknownReport(String)
    /// The device holds no link to the hub.
    case notConnected(String)
    /// That device sent no log of the deployment.
    case noLog(String, deployment: String)
    /// Nothing holds at that point of the deployment.
    case nothingHeld(String, deployment: String)

    package var kind: ErrorKind {
        switch self {
        case .forbidden, .notYetValid: .forbidden
        case .badRequest: .invalid
        case .nothingHeld: .conflict
        case .notConnected: .unavailable
        case .unknownReport, .noLog: .notFound
        }
    }

    package var message: String {
        switch self {
        case .forbidden: "your role does not allow this"
        case .notYetValid(let at): "your certificate is not valid before \(RFC3339.text(at)); issue it anew"
        case .badRequest(let what): what
        case .unknownReport(let number): "import \(number) has no report"
        case .notConnected(let id): "\(id) is not connected"
        case .noLog(let device, _): "\(device) sent no log of this deployment"
        case .nothingHeld(let point, _): "no device is held at \(point)"
        }
    }
}
