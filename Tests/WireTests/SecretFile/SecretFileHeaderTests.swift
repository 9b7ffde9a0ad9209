import Testing

@testable import Wire

/// Which first lines a file of secrets may have (docs/manual.md, "Secrets").
@Suite struct SecretFileHeaderTests {
    private static func header(_ line: String, ignoringUnknown: Bool = false) throws -> SecretFileHeader {
        var reader = CSVReader()
        var result: Result<SecretFileHeader, any Error> = .failure(SecretFileError.empty)
        let take = { (row: inout CSVRow) in
            let read = row
            result = Result { try SecretFileHeader(read, ignoringUnknown: ignoringUnknown) }
        }
        reader.feed(Array(line.utf8), deliver: take)
        reader.finish(deliver: take)
        return try result.get()
    }

    @Test(arguments: [
        "deviceID,secret", "secret,deviceID", "deviceID,salt,iterations,w0,L", "L,w0,iterations,salt,deviceID,secret",
        "deviceID,secret,validUntil,ou,deviceType,pairing,tags,note", "line,column,reason,deviceID,secret",
    ]) func header_MayNameColumnsInAnyOrder(line: String) throws {
        #expect(try Self.header(line).names == line.split(separator: ",").map(String.init))
    }

    private static let refusals: [(line: String, error: SecretFileError)] = [
        ("secret", .missingColumn("deviceID")), ("deviceID", .missingColumn("secret")),
        ("deviceID,validUntil", .missingColumn("secret")), ("a,b", .noHeader), ("d1,s3cret", .noHeader),
        ("DeviceID,Secret", .noHeader), ("deviceID,secret,colour", .unknownColumn("colour")),
        ("deviceID,secret,", .unknownColumn("")), ("deviceID, secret", .unknownColumn(" secret")),
        ("deviceID,secret,secret", .duplicateColumn("secret")), ("deviceID,salt", .missingColumn("iterations")),
        ("deviceID,secret,iterations", .missingColumn("salt")), ("deviceID,salt,iterations,w0", .missingColumn("L")),
        ("deviceID,salt,iterations,L", .missingColumn("w0")), ("deviceID;secret;ou", .separator("\";\"")),
        ("deviceID;x", .separator("\";\"")), ("deviceID\tsecret", .separator("tabs")), ("deviceID;", .noHeader),
        ("\"deviceID\"x,secret", .brokenHeader("text behind a closing quote")), ("PK\u{3}\u{4},a", .notCSV),
    ]

    @Test func headerThatIsNone_SaysWhatIsWrong() {
        for (line, error) in Self.refusals {
            #expect(throws: error, "\(line)") { try Self.header(line) }
            #expect(!error.message.isEmpty && !error.message.contains("\n"))
        }
    }

    @Test func bytesThatAreNoText_AreNoHeader() {
        var reader = CSVReader()
        reader.feed([0xFF, 0xFE, 0x2C, 0x61, 0x0A]) { row in
            let read = row
            #expect(throws: SecretFileError.notCSV) { try SecretFileHeader(read, ignoringUnknown: true) }
        }
    }

    @Test func unknownColumn_IsSkippedOnRequest() throws {
        let header = try Self.header("colour,deviceID,secret", ignoringUnknown: true)
        #expect(header.name(at: 0) == "colour" && header.name(at: 3).isEmpty)
        var reader = CSVReader()
        reader.feed(Array("red,d1,s\nred\n".utf8)) { row in
            let isShort = row.count == 1
            #expect(Array(header.field(.deviceID, in: row)) == Array((isShort ? "" : "d1").utf8))
            #expect(Array(header.field(.secret, in: row)) == Array((isShort ? "" : "s").utf8))
            #expect(header.field(.note, in: row).isEmpty)
        }
    }

    @Test func nameThatIsLong_IsShownShortened() {
        let name = String(repeating: "n", count: 200)
        #expect(throws: SecretFileError.unknownColumn(String(repeating: "n", count: 64))) {
            try Self.header("deviceID,secret,\(name)")
        }
    }

    /// Places are numbered as the columns are declared: a column read from another's field would be a secret in a note.
    @Test func everyColumn_HasItsOwnPlace() {
        #expect(SecretColumn.allCases.map(\.number) == Array(SecretColumn.allCases.indices))
    }
}
