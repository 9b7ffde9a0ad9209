internal import Files
internal import Synchronization

/// The file under the parts of an answer, which come from another task, one after the other.
final class WrittenFile: Sendable {
    private struct State: ~Copyable {
        let file: FileSink
        var written: Int64 = 0
    }

    private let state: Mutex<State>
    /// Where the bytes are meanwhile.
    let path: String

    private init(_ file: sending FileSink) {
        path = file.unfinishedPath
        state = Mutex(State(file: file))
    }

    /// Makes a file. What is not finished when the body ends is removed at once: a connection holds whom it hands parts
    /// to, perhaps until the program has ended.
    static func with(_ path: String, mode: UInt32, _ body: (WrittenFile) async throws -> Void) async throws {
        let file = WrittenFile(try FileSink(path, mode: mode))
        defer { file.state.withLock { $0.file.discard() } }
        try await body(file)
    }

    /// Adds a part and answers the bytes so far.
    func write(_ part: [UInt8]) throws -> Int64 {
        try state.withLock { state in
            try state.file.write(part)
            state.written += Int64(part.count)
            return state.written
        }
    }

    /// Gives the file its name and answers its bytes.
    func finish() throws -> Int64 {
        try state.withLock { state in
            try state.file.finish()
            return state.written
        }
    }
}
