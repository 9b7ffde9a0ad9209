internal import Foundation
internal import Logging
internal import Wire

/// Files that were put into the drop-in folder under the name of a report (`June.Report.CSV`). They are not imported,
/// for a report must not be taken again and again; the operator is told once.
struct MisnamedFiles {
    /// Size, time and number of those that were looked at, by name.
    private var known: [String: String] = [:]

    /// - Parameter reports: files with the name of a report, with size, time and number.
    /// - Returns: the names of those that somebody put there since the last look.
    mutating func new(_ reports: [String: String], in folder: String) -> [String] {
        let changed = reports.filter { known[$0.key] != $0.value }.keys.sorted()
        known = reports
        return changed.filter { Self.isOperators(folder + "/" + $0) }
    }

    /// Whether a file begins as a CSV of secrets does, but without the columns of a report.
    static func isOperators(_ path: String) -> Bool {
        guard let handle = FileHandle(forReadingAtPath: path) else { return false }
        defer { try? handle.close() }
        guard let start = try? handle.read(upToCount: CSVReader.rowLimit) else { return false }
        var reader = CSVReader()
        var header: SecretFileHeader?
        var isFirst = true
        let take = { (row: inout CSVRow) in
            guard isFirst, !row.holdsNothing else { return }
            isFirst = false
            header = try? SecretFileHeader(row, ignoringUnknown: true)
        }
        reader.feed([UInt8](start), deliver: take)
        reader.finish(deliver: take)
        return header.map { !$0.names.contains("reason") } ?? false
    }
}

/// What the drop-in folder held at the last looks.
struct DropInLooks {
    private var last: [String: String] = [:]
    private var left: [String: String] = [:]

    /// Notes what is there now.
    ///
    /// - Parameter now: files with size, time and number.
    /// - Returns: those that are to be taken: they did not change since the last look, and were not taken before.
    mutating func settled(_ now: [String: String]) -> [String] {
        defer { last = now }
        left = left.filter { now[$0.key] == $0.value }
        return now.filter { last[$0.key] == $0.value && left[$0.key] == nil }.keys.sorted()
    }

    /// Notes a file that was taken, but could not be removed: it is not taken again unless it changes.
    mutating func leave(_ name: String, _ signature: String) {
        left[name] = signature
    }
}
