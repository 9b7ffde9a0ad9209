internal import Files
internal import FoundationEssentials

/// Where passwords and secrets come from: a file, standard input, or the terminal without echo; an argument would be
/// seen by everybody on the machine.
enum SecretSource {
    /// The first line of a file, `-` for standard input.
    ///
    /// - Parameter content: what it is, for messages.
    static func file(_ path: String, content: String = "secret") throws -> String {
        guard path != "-" else { return try standardInput(content: content) }
        let text = String(decoding: try SecureFile.secret(path), as: UTF8.self)
        guard !text.isEmpty else { throw CommandFailure.failed("\(path) is empty; it must hold the \(content)") }
        return text
    }

    /// The first line of standard input.
    ///
    /// - Parameter content: what it is, for messages.
    static func standardInput(content: String = "secret") throws -> String {
        guard let text = readLine(strippingNewline: true), let line = SecretText.line(of: Array(text.utf8)),
            !line.isEmpty
        else { throw CommandFailure.failed("standard input is empty; it must hold the \(content)") }
        return String(decoding: line, as: UTF8.self)
    }

    /// Asks twice on a terminal.
    static func newPassword() throws -> String {
        try askTwice("New password: ", "give the password on standard input with --password-stdin")
    }

    /// Asks twice on a terminal.
    ///
    /// - Parameter otherwise: what to do where there is no terminal.
    static func askTwice(_ question: String, _ otherwise: String) throws -> String {
        guard let first = HiddenInput.ask(question) else { throw CommandFailure.usage(otherwise) }
        guard HiddenInput.ask("Again: ") == first else {
            throw CommandFailure.failed("the two entries differ; try again")
        }
        return first
    }
}
