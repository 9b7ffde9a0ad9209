/// Reads device IDs and secrets for labels from a small CSV. The hub's own reader is the strict one; this one only
/// needs two columns.
enum LabelSource {
    static func labels(in file: String) throws -> [Label] {
        let source = try InputSource(file)
        var bytes: [UInt8] = []
        while let chunk = try source.next() {
            bytes += chunk
            guard bytes.count <= 64 << 20 else { throw CommandFailure.failed("\(file) is larger than 64 MB; split it") }
        }
        let rows = rows(String(decoding: bytes, as: UTF8.self))
        guard let header = rows.first, let deviceID = header.firstIndex(of: "deviceID"),
            let secret = header.firstIndex(of: "secret")
        else { throw CommandFailure.failed("\(file) needs a header line with deviceID and secret") }
        return try rows.dropFirst().enumerated().map { number, row in
            guard row.count > max(deviceID, secret), !row[deviceID].isEmpty, !row[secret].isEmpty,
                let code = QRCode(LabelPayload.text(deviceID: row[deviceID], secret: row[secret]))
            else {
                throw CommandFailure.failed(
                    "row \(number + 1) of \(file) has no ID or secret, or is too long for a code")
            }
            return Label(deviceID: row[deviceID], code: code)
        }
    }

    /// Rows of RFC 4180; empty lines are skipped.
    static func rows(_ text: String) -> [[String]] {
        var rows: [[String]] = []
        var row: [String] = []
        var field = ""
        var isQuoted = false
        var scalars = text.unicodeScalars.drop { $0 == "\u{FEFF}" }[...]
        func endField() {
            row.append(field)
            field = ""
        }
        func endRow() {
            endField()
            if row != [""] { rows.append(row) }
            row = []
        }
        while let scalar = scalars.popFirst() {
            switch (scalar, isQuoted) {
            case ("\"", true) where scalars.first == "\"": field.unicodeScalars.append(scalars.removeFirst())
            case ("\"", _): isQuoted.toggle()
            case (",", false): endField()
            case ("\n", false): endRow()
            case ("\r", false): break
            default: field.unicodeScalars.append(scalar)
            }
        }
        if !field.isEmpty || !row.isEmpty { endRow() }
        return rows
    }
}
