#if DEBUG
internal import Foundation
internal import Synchronization

/// Every statement that a process of a debug build runs, once, with the types of its parameters, for
/// `scripts/check-sql`.
///
/// Written to a file of its own in the folder that `LATCHKEY_SQL_RECORD` names. A record is a letter for each parameter
/// (`i`, `s`, `b`; `?` where it is never bound), a tab, the text and a NUL.
final class StatementRecord: Sendable {
    static let shared = ProcessInfo.processInfo.environment["LATCHKEY_SQL_RECORD"].flatMap(StatementRecord.init)

    private let file: FileHandle
    private let known = Mutex<Set<String>>([])

    private init?(folder: String) {
        let path = "\(folder)/\(UUID().uuidString).sql"
        guard FileManager.default.createFile(atPath: path, contents: nil), let file = FileHandle(forWritingAtPath: path)
        else { return nil }
        self.file = file
    }

    func add(_ sql: String, _ values: [SQLValue]) {
        known.withLock { known in
            guard known.insert(sql).inserted else { return }
            try? file.write(contentsOf: Data((values.map(Self.letter).joined() + "\t" + sql + "\0").utf8))
        }
    }

    private static func letter(_ value: SQLValue) -> String {
        switch value {
        case .integer, .null(.integer): "i"
        case .string, .null(.string): "s"
        case .bytes, .null(.bytes): "b"
        }
    }
}
#endif
