import BaseTestSupport
import Testing

@testable import Wire

/// Limits of rows, and that what one end writes the other reads.
@Suite struct CSVLimitTests {
    private struct Row: Equatable {
        var line: Int
        var fields: [String]
        var problem: String?
        var isCut: Bool
    }

    private static func rows(_ pieces: [[UInt8]]) -> [Row] {
        var reader = CSVReader()
        var rows: [Row] = []
        let take = { (row: inout CSVRow) in
            let fields = (0..<row.count).map { String(decoding: row[$0], as: UTF8.self) }
            rows.append(Row(line: row.line, fields: fields, problem: row.problem?.reason, isCut: row.isCut))
        }
        for piece in pieces { reader.feed(piece, deliver: take) }
        reader.finish(deliver: take)
        return rows
    }

    private static func text(_ count: Int) -> String { String(repeating: "x", count: count) }

    @Test func field_Has4096BytesAtMost() {
        let taken = Self.rows([Array("\(Self.text(4096)),b\n".utf8)])
        #expect(taken == [Row(line: 1, fields: [Self.text(4096), "b"], problem: nil, isCut: false)])
        for text in ["\(Self.text(4097)),b\nc\n", "\"\(Self.text(4097))\",b\nc\n"] {
            let refused = Self.rows([Array(text.utf8)])
            #expect(refused.count == 2 && refused[0].isCut && refused[0].problem == "longer than 4096 bytes")
            #expect(refused[1] == Row(line: 2, fields: ["c"], problem: nil, isCut: false))
        }
    }

    @Test func row_Has16384BytesAtMost() {
        let fields = Array(repeating: Self.text(4096), count: 4)
        let taken = Self.rows([Array((fields.joined(separator: ",") + ",\n").utf8)])
        #expect(taken == [Row(line: 1, fields: fields + [""], problem: nil, isCut: false)])
        let refused = Self.rows([Array((fields.joined(separator: ",") + ",y\nc\n").utf8)])
        #expect(refused[0].isCut && refused[0].problem == "the row is longer than 16384 bytes")
        #expect(refused[1].fields == ["c"])
    }

    @Test func row_Has64FieldsAtMost() {
        let fields = (0..<64).map { "\($0)" }
        #expect(Self.rows([Array((fields.joined(separator: ",") + "\n").utf8)])[0].fields == fields)
        let refused = Self.rows([Array((fields.joined(separator: ",") + ",64\nc\n").utf8)])
        #expect(refused[0].isCut && refused[0].problem == "more than 64 fields" && refused[0].fields == fields)
        #expect(refused[1] == Row(line: 2, fields: ["c"], problem: nil, isCut: false))
    }

    @Test func byteOrderMark_IsSkippedOnlyWhenWhole() {
        for cut in Damage.cuts(of: [0xEF, 0xBB, 0xBF, 0x61]) {
            #expect(Self.rows(cut).map(\.fields) == [["a"]])
        }
        for cut in Damage.cuts(of: [0xEF, 0xBB, 0x61]) {
            #expect(Self.rows(cut)[0].fields == [String(decoding: [0xEF, 0xBB, 0x61] as [UInt8], as: UTF8.self)])
        }
        #expect(Self.rows([Array("a\n\u{FEFF}b\n".utf8)])[1].fields == ["\u{FEFF}b"])
    }

    @Test func highBytes_AreNoticed() {
        for (text, isASCII) in [("a,\"b\"\n", true), ("é\n", false), ("\"é\"\n", false), ("\u{7F}\n", true)] {
            var reader = CSVReader()
            reader.feed(Array(text.utf8)) { #expect($0.isASCII == isASCII) }
        }
    }

    @Test func rowOfCommas_HoldsNothing() {
        for (text, holdsNothing) in [(",,\n", true), ("\"\",\n", true), (",a\n", false), ("\t,\n", false)] {
            var reader = CSVReader()
            var count = 0
            reader.feed(Array(text.utf8)) { row in
                count += 1
                #expect(row.holdsNothing == holdsNothing, "\(text)")
            }
            #expect(count == 1)
        }
    }

    @Test(arguments: [
        (["a", "b"], "a,b\n"), ([""], "\n"), (["", ""], ",\n"), (["a,b"], "\"a,b\"\n"), (["a\"b"], "\"a\"\"b\"\n"),
        (["a\r\nb"], "\"a\r\nb\"\n"), ([" a "], " a \n"), ([], "\n"),
    ])
    func line_QuotesWhatNeedsIt(fields: [String], line: String) {
        #expect(String(decoding: CSVLine.encode(fields.map { Array($0.utf8) }), as: UTF8.self) == line)
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>) func writtenRows_AreRead(seed: UInt64) {
        var generator = SeededGenerator(seed)
        for _ in 0..<200 {
            // Without what a row must not hold: control characters and line ends.
            let rows = (0..<3).map { _ in
                (0..<Int.random(in: 2...6, using: &generator)).map { _ in
                    String(
                        generator.text(0...12).unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }.map(
                            Character.init))
                }
            }
            let bytes = rows.flatMap { row in CSVLine.encode(row.map { Array($0.utf8) }) }
            let read = Self.rows(Damage.pieces(of: bytes, upTo: 9, using: &generator))
            #expect(read.map(\.fields) == rows && read.allSatisfy { $0.problem == nil })
            #expect(read.map(\.line) == [1, 2, 3])
        }
    }
}
