internal import Glibc
internal import Synchronization
internal import Wire

/// The refused rows of an import as CSV: the file's own columns, then line, column and reason. It can be corrected and
/// imported as it is. Rows go to a file, mode 0600, as they come, so that their number costs no memory.
final class ImportReport: Sendable {
    private struct State {
        var descriptor: Int32 = -1
        var header: [UInt8] = []
        var columns = 0
        /// Places of line, column and reason in the columns; absent ones come after them.
        var places: [Int?] = []
        var buffer: [UInt8] = []
    }

    /// The file; it exists once a row was refused.
    let path: String
    private let state = Mutex(State())

    init(path: String) {
        self.path = path
    }

    deinit {
        state.withLock { state in
            if state.descriptor >= 0 { Glibc.close(state.descriptor) }
        }
    }

    /// Takes over the columns of the file; in those of an earlier report the new line, column and reason are written.
    func begin(columns: [String]) {
        state.withLock { state in
            state.columns = columns.count
            let added = ["line", "column", "reason"]
            state.places = added.map { columns.firstIndex(of: $0) }
            state.header = CSVLine.encode((columns + added.filter { !columns.contains($0) }).map { Array($0.utf8) })
        }
    }

    func add(fields: [[UInt8]], _ refusal: RowRefusal) throws(ImportError) {
        let end = ["\(refusal.line)", refusal.column, refusal.reason].map { Array($0.utf8) }
        let isFull = state.withLock { state in
            if state.descriptor < 0 {
                state.descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
                state.buffer = state.header
            }
            var row = fields + Array(repeating: [], count: max(0, state.columns - fields.count))
            // Of a row with more fields than columns any may be the secret.
            let isShifted = fields.count > state.columns
            for (place, text) in zip(state.places, end) {
                if let place, !isShifted { row[place] = text } else { row.append(text) }
            }
            state.buffer += CSVLine.encode(row)
            return state.buffer.count < 65_536 ? false : !Self.flush(&state)
        }
        if isFull { throw .storeFull }
    }

    /// - Parameter now: Unix seconds: when it was written, from which its life counts.
    func close(at now: Int64) throws(ImportError) {
        let isFull = state.withLock { state in
            guard state.descriptor >= 0 else { return !state.buffer.isEmpty }
            let done = Self.flush(&state)
            let time = timespec(tv_sec: Int(now), tv_nsec: 0)
            _ = unsafe futimens(state.descriptor, [time, time])
            Glibc.close(state.descriptor)
            state.descriptor = -1
            return !done
        }
        if isFull { throw .storeFull }
    }

    private static func flush(_ state: inout State) -> Bool {
        var rest = state.buffer[...]
        state.buffer = []
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe write(state.descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
