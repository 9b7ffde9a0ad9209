internal import Files
internal import FoundationEssentials

/// Where passwords and secrets come from: a file, standard input, or the terminal without echo; an argument would be seen by
/// everybody on the machine.
enum SecretSource {
    /// The first line of a file, `-` for standard input.
    static func file(_ path: String) throws -> String {
        guard path != "-" else { return try standardInput() }
        var text = try SecureFile.read(path)
        if text.hasSuffix("\n") { text.removeLast() }
        if text.hasSuffix("\r") { text.removeLast() }
        guard !text.isEmpty else { throw CommandFailure.failed("\(path) is empty; it must hold the secret") }
        return text
    }

    /// The first line of standard input.
    static func standardInput() throws -> String {
        guard let line = readLine(strippingNewline: true), !line.isEmpty else {
            throw CommandFailure.failed("standard input is empty; it must hold the secret")
        }
        return line
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
