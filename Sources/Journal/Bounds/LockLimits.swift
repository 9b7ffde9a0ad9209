/// How long wrong guesses lock out, of secrets and of passwords.
package struct LockLimits: Sendable, Equatable {
    /// Wrong signatures after which a device's secret is locked (docs/protocols/idprov.md 7).
    package var wrongGuesses = 10
    /// First lock in seconds; each further one is twice as long.
    package var firstLockSeconds: Int64 = 60
    /// Longest lock in seconds.
    package var longestLockSeconds: Int64 = 3600

    package init() {}
}
