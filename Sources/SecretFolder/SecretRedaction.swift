internal import Encoding
internal import Rules
internal import Wire

/// Takes the secrets out of a CSV of secrets that was imported: of each row that is as its header says, the columns
/// `secret`, `w0` and `L` are emptied, and everything else stays, so that the operator still sees which file brought
/// which device.
///
/// What does not fit the header may have a secret in any field. Of a row with more fields, without its secret in its
/// place, or with a value that is none of its column, only the device ID stays, when it can be one and is too short to
/// be a good secret; of a row that is broken as CSV nothing. Columns nobody knows are emptied as well. A file without a
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
        let places = columns.indices.filter { $0 < row.count && !row[$0].isEmpty }
        let present = Set(places.compactMap { columns[$0] })
        let hasSecret = present.contains(.secret) || present.isSuperset(of: [.w0, .registrationPoint])
        let areValues = row.count <= columns.count && places.allSatisfy { Self.isValue(row[$0], of: columns[$0]) }
        // Of a file that was redacted before no row has its secret, and nothing is to be found in it.
        if !present.isDisjoint(with: Self.secret) || !areValues { hasFoundSecret = true }
        if row.count < columns.count, places.contains(where: { columns[$0] != .deviceID }) { hasFoundSecret = true }
        let fits = hasSecret && areValues
        let fields = columns.indices.map { index -> [UInt8] in
            guard index < row.count, let column = columns[index] else { return [] }
            let mayStay = column == .deviceID ? Self.mayBeNamed(row[index], inRowThatFits: fits) : fits
            return mayStay && !Self.secret.contains(column) ? Array(row[index]) : []
        }
        return CSVLine.encode(fields)
    }

    /// Whether a device ID may stay: in a row that doesn't fit, what is as long as a good secret may be one.
    private static func mayBeNamed(_ field: ArraySlice<UInt8>, inRowThatFits fits: Bool) -> Bool {
        DeviceID.problem(in: field) == nil && (fits || SecretStrength.isWeak(field))
    }

    /// Whether a field can be what its column says; free text can be anything.
    private static func isValue(_ field: ArraySlice<UInt8>, of column: SecretColumn?) -> Bool {
        switch column {
        case nil: false
        case .validUntil: RFC3339.seconds(field) != nil
        case .ou: SecretRowReader.roles.contains(String(decoding: field, as: UTF8.self))
        case .pairing: SecretRowReader.pairings.contains(String(decoding: field, as: UTF8.self))
        case .iterations: field.count <= 6 && field.allSatisfy { (0x30...0x39).contains($0) }
        case .salt: field.count <= 64 && Hex.decode(field) != nil
        default: true
        }
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
