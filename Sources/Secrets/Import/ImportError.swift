package import Encoding

extension ImportError: DomainError {
    package var kind: ErrorKind {
        switch self {
        case .badFile: .unusable
        case .storeFull: .noRoom
        }
    }
}
