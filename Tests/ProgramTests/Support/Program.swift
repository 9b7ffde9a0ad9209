import Foundation

/// The programs of this build.
enum Program: String {
    case hubd
    case hubctl
    case oob
    case agent = "hub-agent"
    case conformance

    /// The build folder: the test runner is in it, too.
    static let folder = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        .path

    /// The checkout.
    static let root = URL(fileURLWithPath: #filePath).pathComponents.dropFirst().dropLast(4)
        .reduce("") { $0 + "/" + $1 }

    var path: String { Self.folder + "/" + rawValue }

    /// Runs a program to its end.
    ///
    /// - Parameters:
    ///   - folder: where it runs.
    ///   - environment: variables besides those of the test; none of them begins with `HUB_`.
    ///   - input: its standard input.
    static func run(
        _ path: String, _ arguments: [String], in folder: String = "/", environment: [String: String] = [:],
        input: String = ""
    ) async throws -> ProgramResult {
        try await RunningProgram(path, arguments, in: folder, environment: environment, input: input).end()
    }
}

/// How a program ended.
struct ProgramResult: Sendable, CustomStringConvertible {
    /// The exit code; 128 and the number of the signal that ended it.
    let code: Int32
    /// Standard output.
    let output: String
    /// Standard error.
    let errors: String

    var description: String { "exit code \(code)\n\(output)\(errors)" }

    /// Lines of standard output.
    var lines: [Substring] { output.split(separator: "\n") }

    /// The JSON document on standard output.
    func json<Value: Decodable>(as type: Value.Type = Value.self) throws -> Value {
        try JSONDecoder().decode(type, from: Data(output.utf8))
    }
}
