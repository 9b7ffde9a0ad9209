/// Why a backup can't be read.
package enum BackupError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file does not begin like a backup.
    case notABackup
    /// Made by a later release, or with parameters nobody uses.
    case unsupported
    /// The passphrase does not open it.
    case wrongPassphrase
    /// It ends before its end, bytes were changed, or bytes follow it.
    case damaged
    /// It holds something a hub's state has no place for.
    case foreignEntry(String)

    /// One line for a person.
    package var description: String {
        switch self {
        case .notABackup: "it is not a backup of a hub"
        case .unsupported: "it was made by a later release; use that one"
        case .wrongPassphrase: "the passphrase does not open it, or its beginning is damaged"
        case .damaged: "it is damaged or cut short; use another copy"
        case .foreignEntry(let name): "it holds \(name), for which a hub's state has no place"
        }
    }
}
