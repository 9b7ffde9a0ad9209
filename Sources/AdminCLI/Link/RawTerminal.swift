internal import Dispatch
internal import Glibc
internal import Synchronization

/// The terminal while a shell of a device uses it: every key goes there, nothing is shown or interpreted here.
enum RawTerminal {
    private static let kept = Mutex<termios?>(nil)

    /// Switches standard input over; `false` if it is not a terminal. The old settings come back with ``leave()``, and
    /// whatever way the process exits.
    static func enter() -> Bool {
        var settings = termios()
        guard isatty(STDIN_FILENO) == 1, unsafe tcgetattr(STDIN_FILENO, &settings) == 0 else { return false }
        let isFirst = kept.withLock { kept in
            defer { kept = settings }
            return kept == nil
        }
        if isFirst { atexit { RawTerminal.leave() } }
        var raw = settings
        unsafe cfmakeraw(&raw)
        return unsafe tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0
    }

    /// Puts the terminal back; does nothing when it is.
    static func leave() {
        let settings = kept.withLock { kept in
            defer { kept = nil }
            return kept
        }
        guard var settings else { return }
        _ = unsafe tcsetattr(STDIN_FILENO, TCSADRAIN, &settings)
    }

    /// Columns and rows of the terminal; those of an old one when it does not know.
    static var size: (columns: Int64, rows: Int64) {
        var size = winsize()
        for descriptor in [STDOUT_FILENO, STDIN_FILENO] {
            guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { continue }
            return (Int64(size.ws_col), Int64(size.ws_row))
        }
        return (80, 24)
    }
}

/// Signals as a sequence, instead of what they would do.
final class SignalWatch {
    /// The numbers as they arrive; several of one kind may be one.
    let signals: AsyncStream<Int32>
    private let sources: [any DispatchSourceSignal]

    init(_ numbers: [Int32]) {
        let (signals, continuation) = AsyncStream.makeStream(of: Int32.self, bufferingPolicy: .bufferingNewest(8))
        self.signals = signals
        sources = numbers.map { number in
            _ = signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { continuation.yield(number) }
            source.resume()
            return source
        }
    }

    deinit {
        for source in sources { source.cancel() }
    }
}

/// Standard input, read when it is asked for, and given up when the asking task is cancelled.
final class Keyboard: Sendable {
    private let queue = DispatchQueue(label: "keyboard")
    private let wakeReader: Int32
    private let wakeWriter: Int32

    init() throws {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { throw CommandFailure.failed("too many open files") }
        (wakeReader, wakeWriter) = (ends[0], ends[1])
    }

    deinit {
        close(wakeReader)
        close(wakeWriter)
    }

    /// The next bytes, at most `limit`; `nil` at the end of the input, or when the task is cancelled.
    func next(_ limit: Int) async -> [UInt8]? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // Waiting would hold one of the few threads that all tasks share.
                queue.async { [self] in continuation.resume(returning: read(limit)) }
            }
        } onCancel: {
            var byte: UInt8 = 0
            _ = unsafe write(wakeWriter, &byte, 1)
        }
    }

    private func read(_ limit: Int) -> [UInt8]? {
        var waits = [
            pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
            pollfd(fd: wakeReader, events: Int16(POLLIN), revents: 0),
        ]
        while unsafe poll(&waits, 2, -1) < 0 { guard errno == EINTR else { return nil } }
        guard waits[1].revents == 0 else { return nil }
        var bytes = [UInt8](repeating: 0, count: limit)
        while true {
            let count = unsafe Glibc.read(STDIN_FILENO, &bytes, limit)
            if count < 0, errno == EINTR { continue }
            return count > 0 ? Array(bytes.prefix(count)) : nil
        }
    }
}
