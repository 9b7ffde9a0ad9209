import BaseTestSupport
internal import Encoding
import Testing
import Wire

@Suite struct CSVReaderTests {
    /// Every row as texts, or its problem.
    private static func rows(_ bytes: [UInt8], chunk: Int = .max) -> [String] {
        var reader = CSVReader()
        var rows: [String] = []
        let take = { (row: inout CSVRow) in
            if let problem = row.problem {
                rows.append("\(row.line)! \(problem.field) \(problem.reason)")
                if row.isCut { rows.append("cut") }
            } else {
                let fields = (0..<row.count).map { String(decoding: row[$0], as: UTF8.self) }
                rows.append("\(row.line): " + fields.joined(separator: "|"))
            }
        }
        var start = 0
        while start < bytes.count {
            let end = chunk == .max ? bytes.count : min(start + chunk, bytes.count)
            reader.feed(Array(bytes[start..<end]), deliver: take)
            start = end
        }
        reader.finish(deliver: take)
        return rows
    }

    static let cases: [(text: String, rows: [String])] = [
        ("", []), ("\n\n", []), ("a,b\n", ["1: a|b"]), ("a,b", ["1: a|b"]), ("a,\n", ["1: a|"]), (",\n", ["1: |"]),
        ("a\r\nb\rc\n", ["1: a", "2: b", "3: c"]), ("\u{FEFF}a,b\n", ["1: a|b"]), ("\"\"\n", []),
        ("\"a,b\",c\n", ["1: a,b|c"]), ("\"a\"\"b\"\n", ["1: a\"b"]), ("\"a\"\"\"\"b\"\n", ["1: a\"\"b"]),
        ("a\n\n\nb\n", ["1: a", "4: b"]), ("é,ü\n", ["1: é|ü"]),
        ("a\"b\nc\n", ["1! 0 a quote inside a field that is not quoted", "2: c"]),
        ("\"a\"b\nc\n", ["1! 0 text behind a closing quote", "2: c"]),
        ("x,\"a\nb", ["1! 1 a line end inside quotes; close the quote before it"]),
        ("a,\u{0}b\nc\n", ["1! 1 contains the control character U+0000; remove it", "2: c"]),
        ("a\t,b\nc\n", ["1! 0 contains the control character U+0009; remove it", "2: c"]),
        ("\"a", ["1! 0 the quote is never closed"]),
    ]

    @Test(arguments: 0..<cases.count)
    func eachText_GivesItsRows_InAnyChunks(number: Int) {
        let (text, expected) = Self.cases[number]
        for chunk in [Int.max, 1, 2, 3, 5] { #expect(Self.rows(Array(text.utf8), chunk: chunk) == expected) }
    }

    @Test(arguments: [
        ("a\t,b", ["a\t", "b"]), ("\"a\u{0}\",b", ["a\u{0}", "b"]), ("a\"b,c", ["a\"b", "c"]),
        ("\"a\"b,c", ["a\"b", "c"]),
        ("a,\"b\nc,d", ["a", "b\nc,d"]), ("a\tb\"c,\"d\"\"e\"", ["a\tb\"c", "d\"e"]),
    ])
    func brokenRow_KeepsItsFields(text: String, fields: [String]) {
        for chunk in [1, 2, text.utf8.count] {
            var reader = CSVReader()
            var rows: [[String]] = []
            let take = { (row: inout CSVRow) in
                #expect(row.problem != nil && !row.isCut)
                rows.append((0..<row.count).map { String(decoding: row[$0], as: UTF8.self) })
            }
            let bytes = Array(text.utf8)
            for start in stride(from: 0, to: bytes.count, by: chunk) {
                reader.feed(Array(bytes[start..<min(start + chunk, bytes.count)]), deliver: take)
            }
            reader.finish(deliver: take)
            #expect(rows == [fields])
        }
    }

    @Test(arguments: [
        ("deviceID;secret\n", "the columns are separated by \";\"; save the file with commas"),
        ("secret\tdeviceID\n", "the columns are separated by tabs; save the file with commas"),
        ("a;b\n", SecretFileError.noHeader.message), ("PK\u{3}\u{4}\n", SecretFileError.notCSV.message),
    ])
    func badHeader_IsToldWhatToDo(text: String, message: String) {
        var reader = CSVReader()
        reader.feed(Array(text.utf8)) { row in
            let error = #expect(throws: SecretFileError.self) { try SecretFileHeader(row, ignoringUnknown: false) }
            #expect(error?.message == message)
        }
    }

    @Test func fieldOfAMegabyte_IsRefused_AndTheNextRowIsRead() {
        let long = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
        let text = Array("a,b\nc,".utf8) + long + Array("\nd,e\n".utf8)
        for chunk in [Int.max, 1000] {
            #expect(Self.rows(text, chunk: chunk) == ["1: a|b", "2! 1 longer than 4096 bytes", "cut", "3: d|e"])
        }
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>) func randomBytes_GiveTheSameRowsInAnyChunks(seed: UInt64) {
        var generator = SeededGenerator(seed)
        let alphabet = Array("ab,\"\r\n\u{0}é".utf8) + [0xEF, 0xBB, 0xBF, 0xFF]
        for _ in 0..<500 {
            let bytes = (0..<Int.random(in: 0..<60)).compactMap { _ in alphabet.randomElement(using: &generator) }
            let whole = Self.rows(bytes)
            for chunk in [1, 2, 7] { #expect(Self.rows(bytes, chunk: chunk) == whole) }
        }
    }
}

@Suite struct SecretRowTests {
    private static func read(_ header: String, _ line: [UInt8]) throws -> SecretRow {
        var reader = CSVReader()
        var rows: [CSVRow] = []
        reader.feed(Array((header + "\n").utf8) + line + [0x0A]) { rows.append($0) }
        let parsed = try SecretFileHeader(rows[0], ignoringUnknown: false)
        var rowReader = SecretRowReader(header: parsed, now: 1_800_000_000)
        return try rowReader.read(rows[1])
    }

    @Test func everyColumnIsRead_InAnyOrder() throws {
        let row = try Self.read(
            "note,tags,secret,ou,deviceID,deviceType,pairing,validUntil",
            Array("n,k=v,s3cret,plugin,d1,lamp,hmac,2030-01-01T00:00:00+01:00".utf8))
        #expect(row.deviceID == Array("d1".utf8) && row.secret == Array("s3cret".utf8))
        #expect(
            row.ou == "plugin" && row.deviceType == "lamp" && row.pairing == "hmac" && row.tags == "k=v"
                && row.note == "n")
        #expect(row.validUntil == 1_893_452_400)
    }

    static let refusals: [(line: [UInt8], column: String)] = [
        (Array(",s,".utf8), "deviceID"),
        (Array(String(repeating: "x", count: 65).utf8) + Array(",s,".utf8), "deviceID"),
        (Array("d\u{7F},s,".utf8), "deviceID"), ([0xFF] + Array(",s,".utf8), "deviceID"), (Array("d,,".utf8), "secret"),
        (Array("d,".utf8) + [0xC3, 0x28] + Array(",".utf8), "secret"), (Array("d,s,2001-01-01".utf8), "validUntil"),
        (Array("d,s,tomorrow".utf8), "validUntil"), (Array("d,s,2030-02-30".utf8), "validUntil"),
        (Array("d,s,,x".utf8), ""), (Array("d,\u{0},".utf8), "secret"),
    ]

    @Test(arguments: 0..<refusals.count)
    func badRow_IsRefusedWithLineAndColumn(number: Int) {
        let refusal = #expect(throws: RowRefusal.self) {
            try Self.read("deviceID,secret,validUntil", Self.refusals[number].line)
        }
        #expect(refusal?.line == 2 && refusal?.column == Self.refusals[number].column)
    }

    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2000-02-29", 951_868_799), ("2026-11-21T04:00:00.25Z", 1_795_233_600),
            ("2026-11-21t05:30:00+01:30", 1_795_233_600), ("2100-02-29", nil), ("2026-13-01", nil),
            ("2026-01-01T24:00:00Z", nil),
            ("2026-01-01 00:00:00Z", nil), ("2026-01-01T00:00:00", nil), ("26-01-01", nil),
            ("2026-01-01T00:00:00.Z", nil),
        ] as [(String, Int64?)])
    func dates(text: String, seconds: Int64?) {
        #expect(RFC3339.seconds(Array(text.utf8)[...]) == seconds)
        if let seconds, text.hasSuffix("Z"), !text.contains(".") { #expect(RFC3339.text(seconds) == text) }
    }
}
