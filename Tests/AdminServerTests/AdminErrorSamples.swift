package import Administration
package import AdminServer
import ErrorSamples

extension AdminError: SampledError {
    package static var first: AdminError { .forbidden }

    package var next: AdminError? {
        switch self {
        case .forbidden: .notYetValid(7)
        case .notYetValid: .badRequest("a reason")
        case .badRequest: .unknownReport("7")
        case .unknownReport: .notConnected("lamp-1")
        case .notConnected: .noLog("lamp-1", deployment: "d-1")
        case .noLog: .nothingHeld("reboot", deployment: "d-1")
        case .nothingHeld: nil
        }
    }
}

extension AdministrationError: SampledError {
    package static var first: AdministrationError { .backupRunning }

    package var next: AdministrationError? {
        switch self {
        case .backupRunning: .unknownTunnel("7")
        case .unknownTunnel: .tunnelsOff
        case .tunnelsOff: .deviceNotConnected("lamp-1")
        case .deviceNotConnected: .invalid("a reason")
        case .invalid: nil
        }
    }
}
