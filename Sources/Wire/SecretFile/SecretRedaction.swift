/// Takes the secrets out of a CSV of secrets that was imported: the columns `secret`, `w0` and `L` are emptied, everything else stays,
/// so that the operator still sees which file brought which device.
///
/// What does not fit the header may have a secret in any field: of a row with more fields, or with fewer and no secret in its
/// place, only the device ID stays, of a row that is broken as CSV nothing. Columns nobody knows are emptied as well. A file without a
/// header of known columns leaves nothing at all.
package struct SecretRedaction: Sendable {
    private static let secret: Set<SecretColumn> = [.secret, .w0, .registrationPoint]

    private var reader = CSVReader()
    private var columns: [SecretColumn?] = []
    private var hasHeader = false
    private var isKnown = true
    /// Whether any secret was found so far.
    package private(set) var hasFoundSecret = false

    /// At the beginning of a file.
    package init() {}

    /// The next bytes of the file; what is to be written in their place.
    package mutating func feed(_ chunk: [UInt8]) -> [UInt8] {
        var reader = reader
        defer { self.reader = reader }
        var output: [UInt8] = []
        reader.feed(chunk) { row in output += redacted(row) }
        return output
    }

    /// The end of the file; what is still to be written.
    package mutating func finish() -> [UInt8] {
        var reader = reader
        var output: [UInt8] = []
        reader.finish { row in output += redacted(row) }
        return output
    }

    private mutating func redacted(_ row: CSVRow) -> [UInt8] {
        guard hasHeader else { return header(row) }
        guard isKnown, row.problem == nil else {
            hasFoundSecret = true
            return isKnown ? CSVLine.encode(columns.map { _ in [UInt8]() }) : []
        }
        // A row may end early; where its secret is not in its place, it may be in another.
        let hasSecret = columns.indices.contains { index in
            index < row.count && !row[index].isEmpty && columns[index].map(Self.secret.contains) ?? false
        }
        let fits = row.count == columns.count || (row.count < columns.count && hasSecret)
        let fields = columns.indices.map { index -> [UInt8] in
            guard index < row.count else { return [] }
            let mayStay = columns[index].map { fits ? !Self.secret.contains($0) : $0 == .deviceID } ?? false
            if !mayStay, !row[index].isEmpty { hasFoundSecret = true }
            return mayStay ? Array(row[index]) : []
        }
        if row.count > columns.count { hasFoundSecret = true }
        return CSVLine.encode(fields)
    }

    private mutating func header(_ row: CSVRow) -> [UInt8] {
        if row.holdsNothing { return [] }
        hasHeader = true
        columns = (0..<row.count).map {
            String(validating: row[$0], as: UTF8.self).flatMap(SecretColumn.init(rawValue:))
        }
        isKnown = row.problem == nil && columns.contains(.deviceID)
        guard isKnown else {
            hasFoundSecret = true
            return []
        }
        return CSVLine.encode((0..<row.count).map { row[$0] })
    }
}
