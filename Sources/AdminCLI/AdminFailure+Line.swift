internal import ArgumentParser
internal import Files
internal import FoundationEssentials
internal import Glibc
internal import Transport

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

/// A command that talks to the hub, and how every one of them fails.
protocol HubCommand: AsyncParsableCommand {
    func work() async throws
}

extension HubCommand {
    /// Runs the command; what goes wrong becomes one line on standard error and an exit code.
    mutating func run() async throws {
        do {
            try await work()
        } catch let failure as CommandFailure {
            try end(failure)
        } catch let error as FileError {
            try end(.failed("\(error)"))
        } catch let error as TransportError {
            try end(.unreachable("the hub's answer did not arrive: \(error)"))
        }
    }

    private func end(_ failure: CommandFailure) throws -> Never {
        Terminal.complain("\(CommandLine.programName): \(failure.line)")
        throw ExitCode(failure.code)
    }
}

extension CommandLine {
    /// Last part of the program's path.
    static var programName: String {
        arguments.first.flatMap { $0.split(separator: "/").last.map(String.init) } ?? "hubctl"
    }
}
