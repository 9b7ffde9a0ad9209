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
                The shell is that of mender-connect where it runs, else the console of the device's live link; which one
                it is is said first. It runs as the user configured for that program. Enter, then ~. leaves a
                shell that no longer responds. Without a terminal, standard input is sent to its end. Every session is
                recorded in the audit trail.

                Examples:
                  hubctl device shell lamp-0001
                  echo uptime | hubctl device shell lamp-0001
                """)

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Device ID.") var id: String

        func work() async throws {
            let client = try connection.client()
            let way = try await DeviceWay.shell(of: id, client)
            Terminal.complain("over \(way.name)")
            try await ShellSession.run(on: id, isConsole: way == .console, client)
        }
    }

    struct Console: HubCommand {
        static let configuration = CommandConfiguration(
            abstract: "Open the console of a device's live link.",
            discussion: """
                All operators on a console share it: each sees what the others type, and what it wrote before. On a
                device with NervesHubLink it is IEx, when remote_iex is on. Enter, then ~. leaves it. Without a terminal,
                standard input is sent to its end, and the command ends when the console has been silent for 3 s. With
                --receive, files that the device sends are stored in a folder, under safe names, and never over others.
                Every session is recorded in the audit trail.

                Examples:
                  hubctl device console lamp-0001
                  hubctl device console lamp-0001 --receive .
                  echo 'NervesTime.synchronized?()' | hubctl device console lamp-0001
                """)

        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Device ID.") var id: String
        @Option(help: ArgumentHelp("Store files that the device sends in this folder.", valueName: "folder"))
        var receive: String?

        func work() async throws {
            let receiver = try receive.map { try FileReceiver($0) }
            let client = try connection.client()
            try await DeviceWay.requireConsole(of: id, client)
            try await ShellSession.run(on: id, isConsole: true, receiver: receiver, client)
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

    /// How long a console is silent before its output is taken for whole.
    private static let consoleSilence = Duration.seconds(3)

    /// Between two messages that our input has ended.
    private static let endOfInputPause = Duration.seconds(2)

    private let socket: WebSocket
    private let keyboard: Keyboard
    private let isTerminal: Bool
    /// Whether others share it: then its input does not end with ours.
    private let isConsole: Bool
    private let lastOutput = LastOutput()
    private let receiver: FileReceiver?

    /// - Parameter receiver: stores files of the device; `nil` for none.
    init(
        _ socket: WebSocket, _ keyboard: Keyboard, isTerminal: Bool, isConsole: Bool = false,
        receiver: FileReceiver? = nil
    ) {
        (self.isConsole, self.receiver) = (isConsole, receiver)
        self.socket = socket
        self.keyboard = keyboard
        self.isTerminal = isTerminal
    }

    /// Opens a shell, and carries it until it ends.
    static func run(
        on id: String, isConsole: Bool, receiver: FileReceiver? = nil, _ client: AdminClient
    ) async throws {
        let isTerminal = Terminal.canAsk
        try await client.withLink(id, isConsole: isConsole) { socket in
            let watch = SignalWatch([SIGWINCH, SIGTERM, SIGHUP, SIGQUIT, SIGINT])
            let shell = ShellSession(
                socket, try Keyboard(), isTerminal: isTerminal, isConsole: isConsole, receiver: receiver)
            let ending = try await shell.run(watch.signals)
            RawTerminal.leave()
            withExtendedLifetime(watch) {}
            switch ending {
            case .stopped: break
            case .left:
                Terminal.complain(
                    isConsole ? "left; the console goes on" : "left; the shell on the device ends as well")
            case .signal(let number): throw ExitCode(128 + number)
            }
        }
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
        var receiver = receiver
        while let message = try await messages.next() {
            if message.proto == .files, let news = receiver?.take(message) { tell(news) }
            guard message.proto == .shell else { continue }
            switch message.type {
            case "shell":
                lastOutput.renew()
                Terminal.write(message.body, to: STDOUT_FILENO)
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

    /// Says something beside what the device writes.
    private func tell(_ news: String) {
        // The terminal takes a line feed as it is meanwhile.
        guard isTerminal else { return Terminal.complain(news) }
        Terminal.write("\r\n\(Terminal.plain(news))\r\n", to: STDERR_FILENO)
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
        if isConsole {
            // What was typed last may still be at work.
            await lastOutput.silence(of: Self.consoleSilence)
            return .stopped
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
        if receiver != nil { message.set("files", 1) }
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

/// When a console wrote something last.
private final class LastOutput: Sendable {
    private let moment = Mutex(ContinuousClock.now)

    func renew() {
        moment.withLock { $0 = .now }
    }

    /// Returns when nothing has been written for so long, from now on.
    func silence(of span: Duration) async {
        renew()
        while true {
            let rest = moment.withLock { $0 + span - .now }
            guard rest > .zero, (try? await Task.sleep(for: rest)) != nil else { return }
        }
    }
}
