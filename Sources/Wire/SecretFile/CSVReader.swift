/// One row of a CSV file, its fields without quotes.
package struct CSVRow: Sendable {
    /// Line on which the row begins, from 1.
    package fileprivate(set) var line = 1
    /// What is wrong with it as CSV, and in which field (from 0); its content is not complete then.
    package fileprivate(set) var problem: (field: Int, reason: String)?
    fileprivate var bytes: [UInt8] = []
    fileprivate var ends: [Int] = []
    fileprivate var hasHighBytes = false

    /// How many fields it has.
    package var count: Int { ends.count }

    /// The bytes of a field.
    package subscript(index: Int) -> ArraySlice<UInt8> {
        bytes[(index == 0 ? 0 : ends[index - 1])..<ends[index]]
    }

    /// Whether every byte is ASCII, so that no text needs to be validated.
    package var isASCII: Bool { !hasHighBytes }

    /// Whether no field has content: a row of commas alone.
    package var holdsNothing: Bool { bytes.isEmpty && problem == nil }

    /// A row that holds nothing at all: an empty line.
    var isBlank: Bool { count == 1 && bytes.isEmpty && problem == nil }

    fileprivate mutating func clear() {
        problem = nil
        bytes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        hasHighBytes = false
    }
}

/// Reads CSV (RFC 4180) from chunks of any size with bounded memory.
///
/// Line ends are LF, CRLF or CR; a byte order mark is skipped; empty lines are skipped. A row that is too long, or holds a NUL, a
/// control character or a stray quote, is delivered with its problem and without its content; the next row is read as usual.
package struct CSVReader: Sendable {
    /// Longest field in bytes.
    package static let fieldLimit = 4096
    /// Longest row in bytes.
    package static let rowLimit = 16_384
    /// Most fields of a row.
    package static let countLimit = 64

    private enum State {
        case fieldStart, plain, quoted, quoteInQuoted
    }

    private var state = State.fieldStart
    private var row = CSVRow()
    private var line = 1
    private var lastWasCarriageReturn = false
    private var markBytes = 0
    private var hasContent = false

    /// A reader at the beginning of a file.
    package init() {}

    /// Reads a chunk; calls `deliver` for each row that ends in it.
    package mutating func feed(_ chunk: [UInt8], deliver: (inout CSVRow) throws -> Void) rethrows {
        try unsafe chunk.withUnsafeBufferPointer { bytes in
            var index = unsafe skipMark(bytes)
            while index < bytes.count { unsafe try step(bytes, &index, deliver) }
        }
    }

    /// Ends the file: a last row without line end is delivered.
    package mutating func finish(deliver: (inout CSVRow) throws -> Void) rethrows {
        guard hasContent else { return }
        if state == .quoted { refuse("the quote is never closed") }
        try endRow(deliver)
    }

    /// The UTF-8 byte order mark, perhaps split between chunks.
    private mutating func skipMark(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        var index = 0
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        while markBytes < 3, index < bytes.count {
            guard unsafe bytes[index] == mark[markBytes] else {
                for byte in mark.prefix(markBytes) { appendByte(byte) }
                markBytes = 3
                break
            }
            markBytes += 1
            index += 1
        }
        return index
    }

    private mutating func appendByte(_ byte: UInt8) {
        row.bytes.append(byte)
        row.hasHighBytes = row.hasHighBytes || byte >= 0x80
        state = .plain
        hasContent = true
    }

    private mutating func step(
        _ bytes: UnsafeBufferPointer<UInt8>, _ index: inout Int, _ deliver: (inout CSVRow) throws -> Void
    ) rethrows {
        let byte = unsafe bytes[index]
        if byte == 0x0A, lastWasCarriageReturn {
            lastWasCarriageReturn = false
            index += 1
            return
        }
        lastWasCarriageReturn = false
        if state == .quoted { return unsafe quoted(bytes, &index) }
        index += 1
        switch byte {
        case UInt8(ascii: ","): endField()
        case 0x0A: try endRow(deliver)
        case 0x0D:
            lastWasCarriageReturn = true
            try endRow(deliver)
        case UInt8(ascii: "\""):
            hasContent = true
            switch state {
            case .fieldStart: state = .quoted
            case .quoteInQuoted:
                append(byte)
                state = .quoted
            default: refuse("a quote inside a field that is not quoted")
            }
        default:
            if state == .quoteInQuoted { refuse("text behind a closing quote") }
            state = .plain
            index -= 1
            unsafe run(bytes, &index)
        }
    }

    /// Bytes of a field that is not quoted, as many as come.
    private mutating func run(_ bytes: UnsafeBufferPointer<UInt8>, _ index: inout Int) {
        let start = index
        var high: UInt8 = 0
        while index < bytes.count {
            let byte = unsafe bytes[index]
            // , LF CR and " end the run; they are all below 0x2D except none, so most bytes need one comparison.
            if byte < 0x2D, byte == 0x2C || byte == 0x22 || byte < 0x20 {
                guard byte != 0x2C, byte != 0x22, byte != 0x0A, byte != 0x0D else { break }
                refuse(byte == 0 ? "a NUL byte" : "a control character")
            }
            high |= byte
            index += 1
        }
        unsafe append(UnsafeBufferPointer(rebasing: bytes[start..<index]), high: high)
    }

    /// Bytes of a quoted field up to the next quote.
    private mutating func quoted(_ bytes: UnsafeBufferPointer<UInt8>, _ index: inout Int) {
        let start = index
        var high: UInt8 = 0
        while index < bytes.count, case let byte = unsafe bytes[index], byte != UInt8(ascii: "\"") {
            if byte < 0x20 {
                if byte == 0x0A { line += 1 }
                refuse(byte == 0 ? "a NUL byte" : "a control character")
            }
            high |= byte
            index += 1
        }
        unsafe append(UnsafeBufferPointer(rebasing: bytes[start..<index]), high: high)
        guard index < bytes.count else { return }
        index += 1
        state = .quoteInQuoted
    }

    private mutating func append(_ byte: UInt8) {
        if row.problem == nil { row.bytes.append(byte) }
    }

    private mutating func append(_ run: UnsafeBufferPointer<UInt8>, high: UInt8) {
        hasContent = true
        guard row.problem == nil else { return }
        if high >= 0x80 { row.hasHighBytes = true }
        let fieldLength = row.bytes.count - (row.ends.last ?? 0) + run.count
        guard fieldLength <= Self.fieldLimit else { return refuse("longer than \(Self.fieldLimit) bytes") }
        guard row.bytes.count + run.count <= Self.rowLimit else {
            return refuse("the row is longer than \(Self.rowLimit) bytes")
        }
        unsafe row.bytes.append(contentsOf: run)
    }

    private mutating func refuse(_ reason: String) {
        guard row.problem == nil else { return }
        row.problem = (row.ends.count, reason)
    }

    private mutating func endField() {
        hasContent = true
        state = .fieldStart
        guard row.ends.count < Self.countLimit else { return refuse("more than \(Self.countLimit) fields") }
        row.ends.append(row.bytes.count)
    }

    private mutating func endRow(_ deliver: (inout CSVRow) throws -> Void) rethrows {
        endField()
        if !row.isBlank { try deliver(&row) }
        row.clear()
        line += 1
        row.line = line
        hasContent = false
    }
}
