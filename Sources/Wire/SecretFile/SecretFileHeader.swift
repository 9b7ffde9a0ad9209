/// The columns of a CSV of secrets (docs/manual.md, "Secrets").
package enum SecretColumn: String, Sendable, CaseIterable {
    case deviceID, secret, validUntil, ou, deviceType, pairing, salt, iterations, w0
    /// Point of a pairing record.
    case registrationPoint = "L"
    case tags, note
    /// What a report of refused rows adds: read over, so that a corrected report can be imported as it is.
    case reportLine = "line", reportColumn = "column", reportReason = "reason"
}

extension SecretColumn {
    /// Place among all columns.
    var number: Int {
        switch self {
        case .deviceID: 0
        case .secret: 1
        case .validUntil: 2
        case .ou: 3
        case .deviceType: 4
        case .pairing: 5
        case .salt: 6
        case .iterations: 7
        case .w0: 8
        case .registrationPoint: 9
        case .tags: 10
        case .note: 11
        case .reportLine: 12
        case .reportColumn: 13
        case .reportReason: 14
        }
    }
}

/// Why a whole file was refused.
package enum SecretFileError: Error, Equatable, Sendable {
    /// The file holds nothing.
    case empty
    /// The file is an archive, a document or other binary data.
    case notCSV
    /// The columns are separated by something else than commas, given here as a person reads it.
    case separator(String)
    /// The first line names no known column.
    case noHeader
    /// A column that must be there is missing.
    case missingColumn(String)
    /// A column nobody knows.
    case unknownColumn(String)
    /// A column occurs twice.
    case duplicateColumn(String)
    /// The header line is broken.
    case brokenHeader(String)

    /// One sentence for a person.
    package var message: String {
        switch self {
        case .empty: "the file is empty"
        case .notCSV: "the file is no CSV text"
        case .separator(let name): "the columns are separated by \(name); save the file with commas"
        case .noHeader: "the first line must name the columns, at least deviceID and secret"
        case .missingColumn(let name): "the column \(name) is missing"
        case .unknownColumn(let name): "the column \(name) is not known; --ignore-unknown skips it"
        case .duplicateColumn(let name): "the column \(name) occurs twice"
        case .brokenHeader(let reason): "the first line is broken: \(reason)"
        }
    }
}

/// Which field holds which column.
package struct SecretFileHeader: Sendable {
    /// Names as in the file, for the report.
    package let names: [String]
    /// Whether there are columns of a pairing record.
    let hasRecord: Bool
    /// Place of each column, by its number; -1 for none. An array, since every row asks for every column.
    private let places: [Int]

    /// Reads the first row.
    package init(_ row: CSVRow, ignoringUnknown: Bool) throws(SecretFileError) {
        if let separator = Self.otherSeparator(row) { throw .separator(separator) }
        guard row.problem == nil else { throw Self.problem(row) }
        var names: [String] = []
        var places: [SecretColumn: Int] = [:]
        for index in 0..<row.count {
            guard let name = String(validating: row[index], as: UTF8.self) else { throw .notCSV }
            names.append(name)
            guard let column = SecretColumn(rawValue: name) else { continue }
            guard places.updateValue(index, forKey: column) == nil else { throw .duplicateColumn(name) }
        }
        guard !places.isEmpty else { throw .noHeader }
        if !ignoringUnknown, let unknown = names.first(where: { SecretColumn(rawValue: $0) == nil }) {
            throw .unknownColumn(String(unknown.prefix(64)))
        }
        guard places[.deviceID] != nil else { throw .missingColumn("deviceID") }
        let record: [SecretColumn] = [.salt, .iterations, .w0, .registrationPoint]
        let hasRecord = record.contains { places[$0] != nil }
        if hasRecord, let missing = record.first(where: { places[$0] == nil }) {
            throw .missingColumn(missing.rawValue)
        }
        guard places[.secret] != nil || hasRecord else { throw .missingColumn("secret") }
        self.hasRecord = hasRecord
        self.names = names
        self.places = SecretColumn.allCases.map { places[$0] ?? -1 }
    }

    /// Spreadsheets of many countries write semicolons, others tabs.
    private static func otherSeparator(_ row: CSVRow) -> String? {
        guard row.count == 1 else { return nil }
        for (byte, name) in [(UInt8(ascii: ";"), "\";\""), (0x09, "tabs")] {
            let names = row[0].split(separator: byte).map { String(decoding: $0, as: UTF8.self) }
            if names.count > 1, names.contains(where: { SecretColumn(rawValue: $0) != nil }) { return name }
        }
        return nil
    }

    /// A zip archive, an image and the like have control characters in their first bytes.
    private static func problem(_ row: CSVRow) -> SecretFileError {
        let reason = row.problem?.reason ?? ""
        return reason.contains("control") ? .notCSV : .brokenHeader(reason)
    }

    /// The field of a column in a row; empty when the file has no such column or the row ends before it.
    func field(_ column: SecretColumn, in row: CSVRow) -> ArraySlice<UInt8> {
        let place = places[column.number]
        return place >= 0 && place < row.count ? row[place] : []
    }

    /// Name of a column by its place, for rows that are broken as CSV.
    package func name(at place: Int) -> String { place < names.count ? names[place] : "" }
}
