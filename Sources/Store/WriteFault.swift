internal import GRDB

/// Why the place where something is kept does not take it: no mistake of the caller's or of ours.
package enum WriteFault: Sendable, Equatable {
    /// There is no room left.
    case full
    /// It can't be written: a broken disk, or one that is mounted for reading only.
    case refused

    /// What an error of the database says about its place; `nil` for any other error.
    package init?(_ error: any Error) {
        switch (error as? DatabaseError)?.resultCode {
        case ResultCode.SQLITE_FULL: self = .full
        case ResultCode.SQLITE_IOERR, ResultCode.SQLITE_READONLY, ResultCode.SQLITE_CANTOPEN: self = .refused
        default: return nil
        }
    }
}
