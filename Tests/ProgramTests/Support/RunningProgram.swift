import Foundation
internal import Glibc

/// A program that runs beside the test; it is killed when nobody holds it any more.
final class RunningProgram: Sendable {
    /// What one of its streams has brought.
    struct Stream: Sendable {
        var bytes: [UInt8] = []
        var isEnded = false

        var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    /// It did not do what was waited for.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// The test's own environment without what configures a hub or its clients.
    private static let inherited = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("HUB_") }

    private let process: ChildProcess
    private let name: String
    private let exit = Watched<Int32?>(nil)
    let output = Watched(Stream())
    let errors = Watched(Stream())

    /// Starts a program.
    init(
        _ path: String, _ arguments: [String], in folder: String = "/", environment: [String: String] = [:],
        input: String = ""
    ) throws {
        name = path.split(separator: "/").last.map(String.init) ?? path
        process = try ChildProcess(
            path, arguments, in: folder, environment: Self.inherited.merging(environment) { $1 },
            input: try Self.reader(of: input))
        // A thread of its own, which ends with the program: what it does blocks.
        Thread.detachNewThread { [process, exit, output, errors] in
            let code = process.follow { isOutput, part in
                (isOutput ? output : errors).change { stream in
                    stream.bytes += part
                    stream.isEnded = part.isEmpty
                }
            }
            exit.change { $0 = code }
        }
    }

    deinit {
        process.end()
    }

    var isRunning: Bool { exit.value == nil }

    /// Kills it, and returns when it does nothing more.
    func kill() { process.end() }

    func signal(_ number: Int32) {
        process.signal(number)
    }

    /// Waits for its end and for the rest of what it writes.
    func end() async throws -> ProgramResult {
        guard let code = await exit.wait(for: { $0 }),
            let output = await output.wait(for: { $0.isEnded ? $0.text : nil }),
            let errors = await errors.wait(for: { $0.isEnded ? $0.text : nil })
        else { throw Failure(description: "\(name) does not end; it said: \(said)") }
        return ProgramResult(code: code, output: output, errors: errors)
    }

    /// Waits until a stream holds what is looked for.
    ///
    /// - Parameter stream: standard error unless said otherwise.
    /// - Returns: the text up to then.
    @discardableResult
    func wait(
        in stream: Watched<Stream>? = nil, until isThere: @escaping @Sendable (String) -> Bool
    ) async throws -> String {
        let stream = stream ?? errors
        let found = await stream.wait { stream in
            isThere(stream.text) ? true : stream.isEnded ? false : nil
        }
        guard found == true else {
            throw Failure(description: "\(name) did not say what was waited for, but: \(said)")
        }
        return stream.value.text
    }

    /// All that it has written so far.
    var said: String { output.value.text + errors.value.text }

    /// A file, not a pipe: a program that ends without reading it does no harm.
    private static func reader(of input: String) throws -> Int32 {
        guard !input.isEmpty else { return unsafe open("/dev/null", O_RDONLY | O_CLOEXEC) }
        let path = NSTemporaryDirectory() + "latchkey-input-" + UUID().uuidString
        try Data(input.utf8).write(to: URL(fileURLWithPath: path))
        defer { unsafe unlink(path) }
        return unsafe open(path, O_RDONLY | O_CLOEXEC)
    }
}
