import Encoding
import Wire

/// A CSV of secrets, read whole and in two pieces: both must give the same rows, since a file arrives in pieces whose
/// ends mean nothing. The first two bytes say where the cut is.
@_cdecl("LLVMFuzzerTestOneInput")
func readSecretFile(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = unsafe Array(UnsafeBufferPointer(start: data, count: count))
    guard input.count > 2 else { return 0 }
    let file = Array(input[2...])
    let cut = (Int(input[0]) << 8 | Int(input[1])) % (file.count + 1)
    let whole = rows([file])
    precondition(rows([Array(file[..<cut]), Array(file[cut...])]) == whole, "rows depend on where the file was cut")
    precondition(rows(file.map { [$0] }) == whole, "rows depend on pieces of one byte")
    var (first, second) = (SecretRedaction(), SecretRedaction())
    let rest = first.feed(file) + first.finish()
    _ = second.feed(rest) + second.finish()
    precondition(!second.hasFoundSecret, "a secret was left")
    return 0
}

/// What becomes of one row. Of a refused one its line and column: which of several reasons comes first may depend on
/// the cut.
private enum Outcome: Equatable {
    case header([String])
    case badHeader
    case row(SecretRow)
    case refused(line: Int, column: String)
}

private func rows(_ pieces: [[UInt8]]) -> [Outcome] {
    var outcomes: [Outcome] = []
    var reader = CSVReader()
    var rowReader: SecretRowReader?
    func take(_ row: inout CSVRow) {
        guard rowReader != nil else { return outcomes.append(header(row, &rowReader)) }
        do {
            guard let read = try rowReader?.read(row) else { return }
            checkLimits(read)
            outcomes.append(.row(read))
        } catch {
            outcomes.append(.refused(line: error.line, column: error.column))
        }
    }
    for piece in pieces { reader.feed(piece, deliver: take) }
    reader.finish(deliver: take)
    return outcomes
}

/// Reads the first row; after a bad one the rest is still read, under a good header, so that no input ends early.
private func header(_ row: CSVRow, _ reader: inout SecretRowReader?) -> Outcome {
    let now: Int64 = 1_700_000_000
    if let header = try? SecretFileHeader(row, ignoringUnknown: false) {
        reader = SecretRowReader(header: header, now: now)
        return .header(header.names)
    }
    var names = CSVReader()
    names.feed(Array("deviceID,secret,validUntil,ou,pairing,tags\n".utf8)) { row in
        guard let header = try? SecretFileHeader(row, ignoringUnknown: false) else { return }
        reader = SecretRowReader(header: header, now: now)
    }
    return .badHeader
}

/// What later code relies on.
private func checkLimits(_ row: SecretRow) {
    precondition(DeviceID.problem(in: row.deviceID[...]) == nil, "a device ID outside its rule")
    precondition((1...1024).contains(row.secret.count), "a secret outside its limits")
    precondition((row.note?.utf8.count ?? 0) <= 512 && (row.tags?.utf8.count ?? 0) <= 512, "a text outside its limit")
}
