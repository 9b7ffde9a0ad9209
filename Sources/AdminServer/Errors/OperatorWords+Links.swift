internal import Presence

extension OperatorWords {
    static func words(_ error: LinkError) -> OperatorWords {
        switch error {
        case .notConnected: .init("notConnected", "list who is connected with: hubctl link list")
        case .tooManySessions: .init("tooManySessions", "end one of them, or wait until one ends")
        case .unsupported:
            .init("linkUnsupported", "see what the device's link offers with: hubctl link list")
        case .badMessage: .init("badRequest")
        case .timedOut: .init("deviceSilent", "try again; see whether it is connected with: hubctl link list")
        case .refused: .init("deviceRefuses")
        case .outOfTurn: .init("deviceOutOfTurn", "update the device's link program")
        case .notAFile: .init("notAFile", "name a regular file")
        }
    }
}
