package import Presence

extension LinkError: SampledError {
    package static var first: LinkError { .notConnected }

    package var next: LinkError? {
        switch self {
        case .notConnected: .tooManySessions(limit: 7)
        case .tooManySessions: .unsupported
        case .unsupported: .badMessage("a reason")
        case .badMessage: .timedOut
        case .timedOut: .refused("no such file")
        case .refused: .outOfTurn
        case .outOfTurn: .notAFile
        case .notAFile: nil
        }
    }
}
