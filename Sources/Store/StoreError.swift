internal import GRDB

/// What can go wrong in the store, whatever its engine.
package enum StoreError: Error, Equatable, Sendable {
    /// There is no room left.
    case full
    /// It can't be read or written: a broken disk, or one that is mounted for reading only.
    case unusable(String)
    /// The row breaks a rule of its table: its key is taken, or what it refers to does not exist.
    case constraint(String)
    /// Somebody else holds the database.
    case busy
    /// The hub is stopping: the store was closed.
    case closed
    /// The file is no database, or a damaged one.
    case damaged(String)
    /// A statement is wrong, or anything else: a mistake of ours, never of a caller.
    case failed(String)
    /// A write was reported done without a value: a mistake of ours, never of a caller.
    case writeWithoutValue
    /// A stored value can't be opened with the key in use: the key file was exchanged or the row altered.
    case wrongKey(what: String)

    /// What the engine threw, in the store's words.
    init(_ error: any Error) {
        switch error {
        case let error as StoreError: self = error
        case let error as DatabaseError: self.init(code: error.resultCode, message: error.message)
        default: self = .failed("\(error)")
        }
    }

    init(code: ResultCode, message: String?) {
        let text = message ?? "\(code)"
        switch code.primaryResultCode {
        case .SQLITE_FULL: self = .full
        case .SQLITE_IOERR, .SQLITE_READONLY, .SQLITE_CANTOPEN: self = .unusable(text)
        case .SQLITE_CONSTRAINT: self = .constraint(text)
        case .SQLITE_BUSY, .SQLITE_LOCKED: self = .busy
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .damaged(text)
        default: self = .failed(text)
        }
    }
}

extension StoreError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .full: "database or disk is full"
        case .unusable(let text), .constraint(let text), .damaged(let text), .failed(let text): text
        case .busy: "database is locked"
        case .closed: "database is closed"
        case .writeWithoutValue: "a write was reported done without a value"
        case .wrongKey(let what): "\(what) can't be opened with the store's key"
        }
    }
}

/// Runs what calls the engine; what that throws leaves as a ``StoreError``, anything else as it is.
func storeErrors<Value>(_ body: () throws -> Value) throws -> Value {
    do { return try body() } catch { throw engineError(error) }
}

/// An error of the engine as a ``StoreError``; that of a read whose task was cancelled as what it is, and anything else
/// unchanged.
func engineError(_ error: any Error) -> any Error {
    guard let error = error as? DatabaseError else { return error }
    return error.resultCode.primaryResultCode == .SQLITE_INTERRUPT ? CancellationError() : StoreError(error)
}
