internal import ArgumentParser
internal import Files
internal import FoundationEssentials
internal import Glibc
internal import Transport

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
