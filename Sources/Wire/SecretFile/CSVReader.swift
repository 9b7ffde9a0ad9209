/// Reads CSV (RFC 4180) from chunks of any size with bounded memory.
///
/// Line ends are LF, CRLF or CR; a byte order mark is skipped; empty lines are skipped. A row that holds a control
/// character or a stray quote is delivered with its problem and its content, one that is too long with as much of it as
/// may be; the next row is read as usual.
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
            default:
                refuse("a quote inside a field that is not quoted")
                append(byte)
                state = .plain
            }
        default:
            if state == .quoteInQuoted {
                refuse("text behind a closing quote")
                append(UInt8(ascii: "\""))
            }
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
                refuse(Self.control(byte))
            }
            high |= byte
            index += 1
        }
        unsafe append(UnsafeBufferPointer(rebasing: bytes[start..<index]), high: high)
    }

    private static func control(_ byte: UInt8) -> String {
        DeviceIDProblem.control(Unicode.Scalar(byte)).message
    }

    /// Bytes of a quoted field up to the next quote.
    private mutating func quoted(_ bytes: UnsafeBufferPointer<UInt8>, _ index: inout Int) {
        let start = index
        var high: UInt8 = 0
        while index < bytes.count, case let byte = unsafe bytes[index], byte != UInt8(ascii: "\"") {
            if byte < 0x20 {
                if byte == 0x0A { line += 1 }
                let isLineEnd = byte == 0x0A || byte == 0x0D
                refuse(isLineEnd ? "a line end inside quotes; close the quote before it" : Self.control(byte))
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
        unsafe withUnsafeBytes(of: byte) { unsafe append($0.assumingMemoryBound(to: UInt8.self), high: 0) }
    }

    private mutating func append(_ run: UnsafeBufferPointer<UInt8>, high: UInt8) {
        hasContent = true
        guard !row.isCut else { return }
        if high >= 0x80 { row.hasHighBytes = true }
        let fieldLength = row.bytes.count - (row.ends.last ?? 0) + run.count
        guard fieldLength <= Self.fieldLimit else { return cut("longer than \(Self.fieldLimit) bytes") }
        guard row.bytes.count + run.count <= Self.rowLimit else {
            return cut("the row is longer than \(Self.rowLimit) bytes")
        }
        unsafe row.bytes.append(contentsOf: run)
    }

    private mutating func refuse(_ reason: @autoclosure () -> String) {
        guard row.problem == nil else { return }
        row.problem = (row.ends.count, reason())
    }

    private mutating func cut(_ reason: String) {
        refuse(reason)
        row.isCut = true
    }

    private mutating func endField() {
        hasContent = true
        state = .fieldStart
        guard row.ends.count < Self.countLimit else { return cut("more than \(Self.countLimit) fields") }
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
