import BaseTestSupport
internal import Encoding
import Testing

@testable import Wire

/// Rows at their limits, rows with a pairing record, and rows of any content.
@Suite struct SecretRowLimitTests {
    private static let now: Int64 = 1_800_000_000

    private static func read(_ header: String, _ fields: [String]) throws -> SecretRow {
        var reader = CSVReader()
        var rows: [CSVRow] = []
        let line = CSVLine.encode(fields.map { Array($0.utf8) })
        reader.feed(Array((header + "\n").utf8) + line) { rows.append($0) }
        var rowReader = SecretRowReader(header: try SecretFileHeader(rows[0], ignoringUnknown: false), now: now)
        return try rowReader.read(rows[1])
    }

    private static func refusal(_ header: String, _ fields: [String]) -> RowRefusal? {
        #expect(throws: RowRefusal.self, "\(fields)") { try read(header, fields) }
    }

    @Test func secret_Has1024BytesAtMost() throws {
        let longest = String(repeating: "é", count: 512)
        #expect(try Self.read("deviceID,secret", ["d", longest]).secret == Array(longest.utf8))
        #expect(Self.refusal("deviceID,secret", ["d", longest + "x"])?.reason == "is longer than 1024 bytes")
    }

    @Test(arguments: ["deviceType", "tags", "note"]) func text_Has512BytesAtMost(column: String) throws {
        let header = "deviceID,secret,\(column)"
        let longest = String(repeating: "é", count: 256)
        let row = try Self.read(header, ["d", "s", longest])
        #expect([row.deviceType, row.tags, row.note].compactMap(\.self) == [longest])
        let refusal = Self.refusal(header, ["d", "s", longest + "x"])
        #expect(refusal?.column == column && refusal?.reason == "is longer than 512 bytes")
    }

    @Test func words_AreThoseOfTheManual() throws {
        for role in SecretRowReader.roles { #expect(try Self.read("deviceID,secret,ou", ["d", "s", role]).ou == role) }
        for role in ["admin", "hub", "Client", " client"] {
            let refusal = Self.refusal("deviceID,secret,ou", ["d", "s", role])
            #expect(refusal?.reason == "must be one of client, iotdevice, plugin, service")
        }
        for word in SecretRowReader.pairings {
            #expect(try Self.read("deviceID,secret,pairing", ["d", "s", word]).pairing == word)
        }
        let refusal = Self.refusal("deviceID,secret,pairing", ["d", "s", "none"])
        #expect(refusal?.reason == "must be one of any, hmac, spake2plus" && refusal?.column == "pairing")
        #expect(try Self.read("deviceID,secret,ou,pairing", ["d", "s", "", ""]).ou == nil)
    }

    @Test func end_LiesInTheFuture() throws {
        let header = "deviceID,secret,validUntil"
        for (time, isTaken) in [(Self.now + 1, true), (Self.now, false), (Self.now - 1, false)] {
            let text = RFC3339.text(time)
            if isTaken {
                #expect(try Self.read(header, ["d", "s", text]).validUntil == time)
            } else {
                #expect(Self.refusal(header, ["d", "s", text])?.reason == "lies in the past")
            }
        }
    }

    private static let recordHeader = "deviceID,secret,pairing,salt,iterations,w0,L"

    private static func record(
        secret: String = "", pairing: String = "", salt: Int = 16, iterations: String = "1000", w0: Int = 32,
        point: Int = 65
    ) -> [String] {
        func hex(_ count: Int) -> String { String(repeating: "0a", count: count) }
        return ["d", secret, pairing, hex(salt), iterations, hex(w0), hex(point)]
    }

    @Test func record_IsReadWithItsLengths() throws {
        for salt in [16, 32] {
            for iterations in [1000, 100_000] {
                let row = try Self.read(Self.recordHeader, Self.record(salt: salt, iterations: "\(iterations)"))
                #expect(row.secret.isEmpty && row.record?.iterations == iterations)
                #expect(row.record?.salt == [UInt8](repeating: 10, count: salt))
                #expect(row.record?.w0.count == 32 && row.record?.point.count == 65)
            }
        }
    }

    private static let badRecords: [(fields: [String], column: String)] = [
        (record(salt: 15), "salt"), (record(salt: 33), "salt"), (record(iterations: "999"), "iterations"),
        (record(iterations: "100001"), "iterations"), (record(iterations: "1e4"), "iterations"),
        (record(iterations: ""), "iterations"), (record(w0: 31), "w0"), (record(w0: 33), "w0"), (record(w0: 0), "w0"),
        (record(point: 64), "L"), (record(point: 66), "L"), (record(point: 0), "L"),
        (record(secret: "s"), "secret"), (record(pairing: "hmac"), "pairing"),
        (["d", "", "", "zz", "1000", "0a", "0a"], "salt"), (["d", "", "", "", "", "", ""], "secret"),
    ]

    @Test func recordThatIsNone_IsRefusedByColumn() {
        for (fields, column) in Self.badRecords {
            #expect(Self.refusal(Self.recordHeader, fields)?.column == column, "\(fields)")
        }
    }

    @Test func rowOfAFileWithRecords_MayHaveASecretInstead() throws {
        let row = try Self.read(Self.recordHeader, ["d", "s", "hmac", "", "", "", ""])
        #expect(row.record == nil && row.secret == Array("s".utf8) && row.pairing == "hmac")
        #expect(try Self.read(Self.recordHeader, ["d", "s"]).record == nil)
    }

    @Test(arguments: 1...2 as ClosedRange<UInt64>) func anySecret_ComesThroughByteForByte(seed: UInt64) throws {
        var generator = SeededGenerator(seed)
        for _ in 0..<200 {
            let secret = generator.text(1...40).unicodeScalars.filter { $0.value >= 0x20 }
            let text = "s" + String(String.UnicodeScalarView(secret))
            #expect(try Self.read("deviceID,secret", ["d", text]).secret == Array(text.utf8))
        }
    }
}
