internal import Encoding

/// One good row of a CSV of secrets.
package struct SecretRow: Sendable, Equatable {
    /// Line in the file.
    package var line: Int
    /// UTF-8 of the device ID.
    package var deviceID: [UInt8]
    /// UTF-8 of the secret.
    package var secret: [UInt8]
    /// A pairing record instead of the secret, which is empty then.
    package var record: Record?
    /// Unix seconds, `nil` for the default.
    package var validUntil: Int64?
    package var ou: String?
    package var deviceType: String?
    /// `hmac`, `spake2plus`, `any`.
    package var pairing: String?
    /// `key=value;…`.
    package var tags: String?
    /// Free text.
    package var note: String?

    /// The columns of a pairing record (docs/protocols/secure-pairing.md section 3); lengths are right, numbers not
    /// looked at.
    package struct Record: Sendable, Equatable {
        /// 16 to 32 bytes.
        package var salt: [UInt8]
        /// 1,000 to 100,000.
        package var iterations: Int
        /// 32 bytes.
        package var w0: [UInt8]
        /// 65 bytes.
        package var point: [UInt8]
    }
}

/// Why a row was refused.
package struct RowRefusal: Error, Sendable, Equatable {
    /// Line in the file.
    package let line: Int
    /// Column's name, empty for the row as a whole.
    package let column: String
    /// Why, for a person.
    package let reason: String

    package init(line: Int, column: String, reason: String) {
        self.line = line
        self.column = column
        self.reason = reason
    }
}

/// Checks rows and turns them into values.
package struct SecretRowReader: Sendable {
    /// Roles a secret may give; never one that administers the hub or speaks for it.
    package static let roles: Set<String> = ["iotdevice", "client", "service", "plugin"]
    package static let pairings: Set<String> = ["hmac", "spake2plus", "any"]

    private let header: SecretFileHeader
    private let now: Int64
    private var lastDate: (text: [UInt8], seconds: Int64) = ([], 0)

    /// - Parameter now: present time in Unix seconds: what ends before it is refused.
    package init(header: SecretFileHeader, now: Int64) {
        self.header = header
        self.now = now
    }

    package mutating func read(_ row: CSVRow) throws(RowRefusal) -> SecretRow {
        func refuse(_ column: SecretColumn?, _ reason: String) -> RowRefusal {
            RowRefusal(line: row.line, column: column?.rawValue ?? "", reason: reason)
        }
        if let problem = row.problem {
            throw RowRefusal(line: row.line, column: header.name(at: problem.field), reason: problem.reason)
        }
        guard row.count <= header.names.count else { throw refuse(nil, "more fields than the header names") }
        let deviceID = header.field(.deviceID, in: row)
        if let problem = DeviceID.problem(in: deviceID) { throw refuse(.deviceID, problem.message) }
        let secret = header.field(.secret, in: row)
        let record = try record(row, refuse)
        guard secret.isEmpty != (record == nil) else {
            throw refuse(.secret, record == nil ? "is empty" : "is given beside a pairing record; give one of the two")
        }
        guard secret.count <= 1024 else { throw refuse(.secret, "is longer than 1024 bytes") }
        guard row.isASCII || String(validating: secret, as: UTF8.self) != nil else {
            throw refuse(.secret, "is no UTF-8")
        }
        var result = SecretRow(line: row.line, deviceID: Array(deviceID), secret: Array(secret), record: record)
        result.validUntil = try validUntil(row, refuse)
        result.ou = try word(.ou, row, among: Self.roles, refuse)
        result.pairing = try word(.pairing, row, among: Self.pairings, refuse)
        guard record == nil || result.pairing != "hmac" else {
            throw refuse(.pairing, "can't be hmac with a pairing record, which holds no secret")
        }
        result.deviceType = try text(.deviceType, row, refuse)
        result.tags = try text(.tags, row, refuse)
        result.note = try text(.note, row, refuse)
        return result
    }

    /// All four columns of a record, or none.
    private func record(
        _ row: CSVRow, _ refuse: (SecretColumn?, String) -> RowRefusal
    ) throws(RowRefusal) -> SecretRow.Record? {
        guard header.hasRecord else { return nil }
        let columns: [SecretColumn] = [.salt, .iterations, .w0, .registrationPoint]
        let fields = columns.map { header.field($0, in: row) }
        guard !fields.allSatisfy(\.isEmpty) else { return nil }
        for (column, field) in zip(columns, fields) where field.isEmpty {
            throw refuse(column, "is empty; a pairing record has salt, iterations, w0 and L")
        }
        func bytes(_ index: Int, _ lengths: ClosedRange<Int>) throws(RowRefusal) -> [UInt8] {
            guard let bytes = Hex.decode(fields[index]), lengths.contains(bytes.count) else {
                throw refuse(
                    columns[index], "must be \(lengths.lowerBound * 2) to \(lengths.upperBound * 2) hexadecimal digits")
            }
            return bytes
        }
        guard let iterations = Int(String(decoding: fields[1], as: UTF8.self)), (1000...100_000).contains(iterations)
        else { throw refuse(.iterations, "must be 1000 to 100000") }
        return SecretRow.Record(
            salt: try bytes(0, 16...32), iterations: iterations, w0: try bytes(2, 32...32), point: try bytes(3, 65...65)
        )
    }

    private mutating func validUntil(
        _ row: CSVRow, _ refuse: (SecretColumn?, String) -> RowRefusal
    ) throws(RowRefusal) -> Int64? {
        let field = header.field(.validUntil, in: row)
        guard !field.isEmpty else { return nil }
        // A bulk file nearly always repeats one date.
        if !field.elementsEqual(lastDate.text) {
            guard let seconds = RFC3339.seconds(field) else {
                throw refuse(.validUntil, "is neither a date like 2027-01-31 nor a time like 2027-01-31T12:00:00Z")
            }
            lastDate = (Array(field), seconds)
        }
        guard lastDate.seconds > now else { throw refuse(.validUntil, "lies in the past") }
        return lastDate.seconds
    }

    private func word(
        _ column: SecretColumn, _ row: CSVRow, among words: Set<String>, _ refuse: (SecretColumn?, String) -> RowRefusal
    ) throws(RowRefusal) -> String? {
        let field = header.field(column, in: row)
        guard !field.isEmpty else { return nil }
        let word = String(decoding: field, as: UTF8.self)
        guard words.contains(word) else {
            throw refuse(column, "must be one of \(words.sorted().joined(separator: ", "))")
        }
        return word
    }

    private func text(
        _ column: SecretColumn, _ row: CSVRow, _ refuse: (SecretColumn?, String) -> RowRefusal
    ) throws(RowRefusal) -> String? {
        let field = header.field(column, in: row)
        guard !field.isEmpty else { return nil }
        guard field.count <= 512 else { throw refuse(column, "is longer than 512 bytes") }
        guard let text = String(validating: field, as: UTF8.self) else { throw refuse(column, "is no UTF-8") }
        return text
    }
}
