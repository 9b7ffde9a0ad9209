internal import Administration

extension OperatorWords {
    static func words(_ error: AdminError) -> OperatorWords {
        switch error {
        case .forbidden: .init("forbidden", "use the hub's local socket, or a certificate of OU admin")
        case .notYetValid:
            .init(
                "notYetValid",
                "on the hub: hubctl cert issue NAME --ou admin --out NAME; is the hub's clock right?")
        case .badRequest: .init("badRequest")
        case .unknownReport: .init("unknownReport", "oob import names the report of its refused rows")
        case .notConnected: .init("notConnected", "list who is connected with: hubctl link list")
        case .noLog(_, let deployment):
            .init(
                "noLog",
                "see its state with: hubctl deployment show \(deployment); devices send a log when they fail")
        case .nothingHeld(_, let deployment):
            .init(
                "nothingHeld",
                "see where the deployment holds with: hubctl deployment show \(deployment)")
        }
    }

    static func words(_ error: AdministrationError) -> OperatorWords {
        switch error {
        case .backupRunning: .init("backupRunning", "wait until it is done")
        case .unknownTunnel: .init("unknownTunnel", "list the open ones with: hubctl tunnel list")
        case .invalid: .init("badRequest")
        case .tunnelsOff: .init("tunnelsOff", "set tunnel.enabled and listen.proxyTCP")
        case .deviceNotConnected:
            .init("deviceNotConnected", "start its agent with the port: hub-agent run --tunnel-ports PORT")
        }
    }
}
