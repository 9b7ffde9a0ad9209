/// What a command ends with when it can't do its work: one line that says what to do next, and an exit code of
/// docs/manual.md, "Exit codes and errors".
struct CommandFailure: Error {
    let line: String
    let code: Int32
    /// What the hub called it, a word of docs/error-codes.md; `nil` when it was not the hub that refused.
    var word: String?

    static func failed(_ line: String) -> CommandFailure { CommandFailure(line: line, code: 1) }
    static func partly(_ line: String) -> CommandFailure { CommandFailure(line: line, code: 3) }
    static func usage(_ line: String) -> CommandFailure { CommandFailure(line: line, code: 64) }
    /// The hub does not answer.
    static func unreachable(_ line: String) -> CommandFailure { CommandFailure(line: line, code: 69) }
}
