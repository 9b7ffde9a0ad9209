internal import ArgumentParser
internal import Glibc
internal import Synchronization
internal import WebSockets
internal import Wire

extension DeviceCommand {
    struct Shell: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Open a terminal on a connected device.",
            discussion: """
                The shell runs as the user configured for the device's link program. Enter, then ~. leaves a shell that
                no longer responds. Without a terminal, standard input is sent to its end. Every session is recorded in
                the audit trail.

                Examples:
                  hubctl device shell lamp-0001
                  echo uptime | hubctl device shell lamp-0001
                """)

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Device ID.") var id: String

        func work() async throws {
            let isTerminal = Terminal.canAsk
            try await connection.client().withLink(id) { socket in
                let watch = SignalWatch([SIGWINCH, SIGTERM, SIGHUP, SIGQUIT, SIGINT])
                let shell = ShellSession(socket, try Keyboard(), isTerminal: isTerminal)
                let ending = try await shell.run(watch.signals)
                RawTerminal.leave()
                withExtendedLifetime(watch) {}
                switch ending {
                case .stopped: break
                case .left: Terminal.complain("left; the shell on the device ends as well")
                case .signal(let number): throw ExitCode(128 + number)
                }
            }
        }
    }
}

/// A terminal on a device (docs/protocols/mender.md 13.4, protocol 1).
struct ShellSession: Sendable {
    enum Ending: Sendable, Equatable {
        /// The device says that the shell has ended.
        case stopped
        case left
        case signal(Int32)
    }

    /// How often a shell is asked for, once a second: a device needs a while to end the one before, and allows one for
    /// each person.
    private static let tries = 12

    /// Between two messages that our input has ended.
    private static let endOfInputPause = Duration.seconds(2)

    private let socket: WebSocket
    private let keyboard: Keyboard
    private let isTerminal: Bool

    init(_ socket: WebSocket, _ keyboard: Keyboard, isTerminal: Bool) {
        self.socket = socket
        self.keyboard = keyboard
        self.isTerminal = isTerminal
    }

    func run(_ signals: AsyncStream<Int32>) async throws -> Ending {
        try await socket.send(sized("new"))
        let started = StartFlag()
        return try await withThrowingTaskGroup(of: Ending?.self) { group in
            defer {
                RawTerminal.leave()
                group.cancelAll()
            }
            group.addTask { try await show(started) }
            group.addTask { try await type(started) }
            group.addTask { try await obey(signals) }
            while let ending = try await group.next() {
                if let ending { return ending }
            }
            return .stopped
        }
    }

    /// What the device writes, until its shell ends.
    private func show(_ started: StartFlag) async throws -> Ending {
        var messages = LinkMessages(socket)
        var triesLeft = Self.tries
        while let message = try await messages.next() {
            guard message.proto == .shell else { continue }
            switch message.type {
            case "shell": Terminal.write(message.body, to: STDOUT_FILENO)
            case "new":
                guard message.number("status") != 2 else {
                    triesLeft -= 1
                    if triesLeft > 0 {
                        try await Task.sleep(for: .seconds(1))
                        try await socket.send(sized("new"))
                        continue
                    }
                    throw CommandFailure.failed(
                        "no shell: \(Terminal.plain(String(decoding: message.body.prefix(400), as: UTF8.self)))")
                }
                if isTerminal { _ = RawTerminal.enter() }
                started.set()
            case "ping": try await socket.send(LinkEnvelope(.shell, "pong"))
            case "stop": return .stopped
            case "error": throw LinkMessages.failure(message)
            default: break
            }
        }
        throw CommandFailure.failed("the device disconnected")
    }

    /// What the person types, once there is a shell to take it.
    private func type(_ started: StartFlag) async throws -> Ending? {
        await started.wait()
        var escape = EscapeWatch()
        while let bytes = await keyboard.next(LinkEnvelope.chunk) {
            let (kept, leaves) = isTerminal ? escape.filter(bytes) : (bytes, false)
            if !kept.isEmpty { try await socket.send(LinkEnvelope(.shell, "shell", body: kept)) }
            if leaves { return .left }
        }
        // The protocol has no end of input, a terminal has: Ctrl-D. Each one ends the input of one program, and one
        // that is typed while the shell changes its terminal's mode is lost. Our input has ended for all that read from
        // it, so it is sent until the shell has ended.
        while !Task.isCancelled {
            try await socket.send(LinkEnvelope(.shell, "shell", body: [0x04]))
            try await Task.sleep(for: Self.endOfInputPause)
        }
        return nil
    }

    private func obey(_ signals: AsyncStream<Int32>) async throws -> Ending? {
        for await number in signals {
            guard number == SIGWINCH else { return .signal(number) }
            try await socket.send(sized("resize"))
        }
        return nil
    }

    private func sized(_ type: String) -> LinkEnvelope {
        var message = LinkEnvelope(.shell, type)
        let size = RawTerminal.size
        message.set("terminal_width", size.columns)
        message.set("terminal_height", size.rows)
        return message
    }
}

/// Set once, waited for by one.
private final class StartFlag: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream(of: Void.self)
    }

    func set() {
        continuation.finish()
    }

    func wait() async {
        for await _ in stream {}
    }
}
