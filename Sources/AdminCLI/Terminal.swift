internal import Encoding
internal import FoundationEssentials
internal import Glibc

/// Results on standard output, everything else on standard error.
enum Terminal {
    /// Whether a person watches standard error: then progress is shown.
    static var isWatched: Bool { isatty(STDERR_FILENO) == 1 }

    /// Whether a person can be asked: standard input is a terminal.
    static var canAsk: Bool { isatty(STDIN_FILENO) == 1 }

    /// Whether a person sees the results, so that they may be drawn over.
    static var isDrawable: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Whether it shows other characters than those of ASCII, by the locale.
    static var isUnicode: Bool {
        let locale = environment("LC_ALL") ?? environment("LC_CTYPE") ?? environment("LANG") ?? ""
        return ["utf-8", "utf8"].contains { locale.lowercased().hasSuffix($0) }
    }

    /// False once nobody reads standard output any more.
    static var isHeard: Bool {
        var output = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
        return unsafe poll(&output, 1, 0) <= 0 || output.revents & Int16(POLLERR | POLLHUP | POLLNVAL) == 0
    }

    static func print(_ text: String) {
        write(text + "\n", to: STDOUT_FILENO)
    }

    /// Writes a message that is not a result. A name from the network must not forge lines or move the cursor.
    static func complain(_ text: String) {
        write(plain(text) + "\n", to: STDERR_FILENO)
    }

    /// Replaces the last line on a watched terminal.
    static func progress(_ text: String) {
        write("\r\u{1B}[K" + text, to: STDERR_FILENO)
    }

    /// Question marks for what is not only seen, see ``PlainText``.
    static func plain(_ text: String) -> String {
        PlainText.of(text)
    }

    /// Draws a page over what the terminal shows.
    static func draw(_ page: String) {
        write("\u{1B}[H\u{1B}[2J" + page + "\n", to: STDOUT_FILENO)
    }

    /// Reads a line; `nil` if standard input is not a terminal or has ended.
    static func askOpenly(_ question: String) -> String? {
        guard canAsk else { return nil }
        write(question, to: STDERR_FILENO)
        return readLine(strippingNewline: true)
    }

    static func write(_ text: String, to descriptor: Int32) {
        write(Array(text.utf8), to: descriptor)
    }

    /// What can't be written is lost, and perhaps nobody would notice: a full disk under a file of fresh secrets.
    private static func lost(_ descriptor: Int32) {
        guard descriptor != STDERR_FILENO else { return }
        let reason = unsafe String(cString: strerror(errno))
        complain("\(CommandLine.programName): the output can't be written (\(reason)); make room and try again")
        exit(1)
    }

    static func write(_ bytes: [UInt8], to descriptor: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return lost(descriptor) }
            rest = rest.dropFirst(count)
        }
    }
}

/// A variable of the environment, `nil` when it is not set or empty.
func environment(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    let text = unsafe String(cString: value)
    return text.isEmpty ? nil : text
}
