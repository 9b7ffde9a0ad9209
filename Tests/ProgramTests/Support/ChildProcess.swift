internal import Glibc
internal import Synchronization

/// A child process with pipes at its standard output and standard error.
///
/// Not Foundation's `Process`: of several that start at the same time, some would never be told of their end.
final class ChildProcess: Sendable {
    /// The system refused to start it.
    struct StartFailure: Error {
        let path: String
        let code: Int32
    }

    /// Our ends of its pipes.
    let output: Int32
    let errors: Int32
    private let id: pid_t
    private let isReaped = Mutex(false)
    /// One is started at a time: between `pipe` and the mark that keeps other children from inheriting it, none starts.
    private static let starting = Mutex(())

    /// - Parameters:
    ///   - input: its standard input, which is closed here.
    init(
        _ path: String, _ arguments: [String], in folder: String, environment: [String: String], input: Int32
    ) throws {
        defer { close(input) }
        // By env, which changes the folder and then is the program.
        let texts = ["/usr/bin/env", "-C", folder, path] + arguments
        (id, output, errors) = try Self.starting.withLock { _ in
            let (output, errors) = (Self.pipe(), Self.pipe())
            defer { for end in [output.write, errors.write] { close(end) } }
            do {
                let id = try Self.spawn(texts, environment, [input, output.write, errors.write])
                return (id, output.read, errors.read)
            } catch {
                for end in [output.read, errors.read] { close(end) }
                throw error
            }
        }
    }

    /// - Parameter streams: its standard input, output and error.
    private static func spawn(
        _ arguments: [String], _ environment: [String: String], _ streams: [Int32]
    ) throws -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        for (number, end) in streams.enumerated() {
            unsafe posix_spawn_file_actions_adddup2(&actions, end, Int32(number))
        }
        var attributes = Self.signals()
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        let argv = unsafe arguments.map { unsafe strdup($0) } + [nil]
        let envp = unsafe environment.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
        defer { unsafe (argv + envp).forEach { unsafe free($0) } }
        var id: pid_t = 0
        let code = unsafe posix_spawn(&id, arguments[0], &actions, &attributes, argv, envp)
        guard code == 0 else { throw StartFailure(path: arguments[0], code: code) }
        return id
    }

    /// Reads until both streams have ended, then waits for the end of the process; blocks.
    ///
    /// - Parameter take: gets each part, empty at the end of a stream.
    /// - Returns: the exit code; 128 and the number of the signal that ended it.
    func follow(_ take: (_ isOutput: Bool, _ part: [UInt8]) -> Void) -> Int32 {
        var open = [output, errors].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        while open.contains(where: { $0.fd >= 0 }) {
            _ = unsafe poll(&open, nfds_t(open.count), -1)
            for index in open.indices where open[index].fd >= 0 && open[index].revents != 0 {
                let part = Self.read(open[index].fd)
                take(index == 0, part)
                guard part.isEmpty else { continue }
                close(open[index].fd)
                open[index].fd = -1
            }
        }
        return reap()
    }

    /// Sends a signal, unless it has ended.
    func signal(_ number: Int32) {
        isReaped.withLock { isReaped in
            if !isReaped { kill(id, number) }
        }
    }

    /// Kills it, and returns when it does nothing more.
    func end() {
        signal(SIGKILL)
        awaitEnd()
    }

    /// Waits until it has ended, without taking its exit code; no longer when that was taken.
    private func awaitEnd() {
        var information = unsafe siginfo_t()
        while unsafe waitid(P_PID, id_t(id), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
    }

    private func reap() -> Int32 {
        awaitEnd()
        return isReaped.withLock { isReaped in
            var status: Int32 = 0
            unsafe waitpid(id, &status, 0)
            isReaped = true
            return status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + status & 0x7F
        }
    }

    private static func read(_ end: Int32) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe Glibc.read(end, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            return Array(buffer.prefix(max(0, count)))
        }
    }

    /// Other children do not inherit it.
    private static func pipe() -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        _ = unsafe Glibc.pipe(&ends)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    /// None blocked, and all with their default effect, whatever this process does with them.
    private static func signals() -> posix_spawnattr_t {
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        var (none, all) = (sigset_t(), sigset_t())
        unsafe sigemptyset(&none)
        unsafe sigfillset(&all)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setsigdefault(&attributes, &all)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        return attributes
    }
}
