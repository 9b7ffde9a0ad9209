internal import Files
internal import FoundationEssentials

/// Where passwords and secrets come from: a file, standard input, or the terminal without echo; an argument would be seen by
/// everybody on the machine.
enum SecretSource {
    /// The first line of a file, `-` for standard input.
    static func file(_ path: String) throws -> String {
        guard path != "-" else { return try standardInput() }
        let text = String(decoding: try SecureFile.secret(path), as: UTF8.self)
        guard !text.isEmpty else { throw CommandFailure.failed("\(path) is empty; it must hold the secret") }
        return text
    }

    /// The first line of standard input.
    static func standardInput() throws -> String {
        guard let text = readLine(strippingNewline: true), let line = SecretText.line(of: Array(text.utf8)),
            !line.isEmpty
        else { throw CommandFailure.failed("standard input is empty; it must hold the secret") }
        return String(decoding: line, as: UTF8.self)
    }

    /// Asks twice on a terminal.
    static func newPassword() throws -> String {
        guard let first = HiddenInput.ask("New password: ") else {
            throw CommandFailure.usage("give the password on standard input with --password-stdin")
        }
        guard HiddenInput.ask("Again: ") == first else {
            throw CommandFailure.failed("the two passwords differ; try again")
        }
        return first
    }
}
