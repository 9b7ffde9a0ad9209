/// Why the place where something is kept does not take it: no mistake of the caller's or of ours.
package enum WriteFault: Sendable, Equatable {
    /// There is no room left.
    case full
    /// It can't be written: a broken disk, or one that is mounted for reading only.
    case refused

    /// What an error of the store says about its place; `nil` for any other error.
    package init?(_ error: any Error) {
        switch error as? StoreError {
        case .full: self = .full
        case .unusable: self = .refused
        default: return nil
        }
    }
}
