internal import Glibc
internal import Synchronization

/// The whole terminal, while a command draws on it. What it showed before comes back with ``leave()``, and whatever way
/// the process exits.
enum FullScreen {
    private static let state = Mutex((isOn: false, hasExit: false))

    /// Takes the terminal; keys arrive one by one and are not shown.
    static func enter() {
        let isFirst = state.withLock { state in
            defer { state = (true, true) }
            return !state.hasExit
        }
        if isFirst { atexit { FullScreen.leave() } }
        _ = RawTerminal.enter()
        // Its own screen, no cursor, and no line goes on in the next.
        Terminal.write("\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l\u{1B}[2J", to: STDOUT_FILENO)
    }

    /// Gives it back; does nothing when it has been.
    static func leave() {
        let wasOn = state.withLock { state in
            defer { state.isOn = false }
            return state.isOn
        }
        guard wasOn else { return }
        // Not through `Terminal`: a terminal that is gone must not end the process a second time.
        let text = Array("\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l".utf8)
        _ = unsafe text.withUnsafeBytes { unsafe Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
        RawTerminal.leave()
    }

    static var size: (columns: Int, rows: Int) {
        let size = RawTerminal.size
        return (Int(size.columns), Int(size.rows))
    }

    /// Draws lines from the top; those that don't fit are left out, everything else is erased.
    static func draw(_ lines: [String]) {
        let (columns, rows) = size
        var text = ""
        for (row, line) in lines.prefix(rows).enumerated() {
            text += "\u{1B}[\(row + 1);1H\(TextWidth.cut(line, columns))\u{1B}[K"
        }
        Terminal.write(text + (lines.count < rows ? "\r\n\u{1B}[J" : ""), to: STDOUT_FILENO)
    }
}

/// What happens while a command has the whole terminal.
enum ScreenEvent: Sendable {
    /// A key, as the terminal sends it.
    case key(UInt8)
    /// The terminal has another size.
    case resized
    /// The process is told to end.
    case signal(Int32)
}

/// Keys and signals of a command that has the whole terminal, in one sequence.
struct ScreenEvents: Sendable {
    static let signals = [SIGWINCH, SIGINT, SIGTERM, SIGHUP, SIGQUIT]

    private let keyboard: Keyboard
    private let signals: AsyncStream<Int32>

    /// - Parameter signals: of a watch that the caller holds.
    init(_ signals: AsyncStream<Int32>) throws {
        keyboard = try Keyboard()
        self.signals = signals
    }

    /// Hands them on until the task is cancelled.
    func run(_ told: @escaping @Sendable (ScreenEvent) -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [keyboard] in
                while let keys = await keyboard.next(64) { keys.forEach { told(.key($0)) } }
            }
            group.addTask { [signals] in
                for await number in signals { told(number == SIGWINCH ? .resized : .signal(number)) }
            }
            await group.waitForAll()
        }
    }
}
