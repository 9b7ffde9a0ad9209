import Testing
import Wire

@Suite struct DeviceIDTests {
    /// Equal to Unicode, different by bytes.
    static let lookalikes = [
        ("SK-1", "S\u{212A}-1"), ("a;1", "a\u{37E}1"), ("`1", "\u{1FEF}1"), ("\u{E9}", "e\u{301}"),
        ("\u{212B}", "\u{C5}"),
    ]

    @Test(arguments: lookalikes) func idsThatLookAlike_AreTwo(_ one: String, _ other: String) {
        #expect(one == other, "what Swift says of the texts")
        #expect(DeviceID(one) != DeviceID(other) && !DeviceID.isSame(one, other))
        #expect(Set([DeviceID(one), DeviceID(other), DeviceID(one)]).count == 2)
        let byDevice = [DeviceID(one): 1, DeviceID(other): 2]
        #expect(byDevice[DeviceID(one)] == 1 && byDevice[DeviceID(other)] == 2)
    }

    @Test func order_IsThatOfTheBytes() {
        let ids = ["b", "a\u{301}", "\u{E1}", "a", "B", "ab", "\u{1F4A1}", "\u{FF21}"].map { DeviceID($0) }
        #expect(ids.sorted().map(\.text) == ["B", "a", "ab", "a\u{301}", "b", "\u{E1}", "\u{FF21}", "\u{1F4A1}"])
        #expect(DeviceID(nil) == nil && DeviceID(Optional("a")) == DeviceID("a"))
    }

    @Test(arguments: [
        "d", "lamp-0001", "AA:BB:CC:DD:EE:FF", "hall lamp", "a$b", "a.b", "...", "a..", "温度", "Ger\u{E4}t", "q\u{301}",
        "\u{1F4A1}", "<&>\"'", "a;b,c=d", String(repeating: "d", count: 64), String(repeating: "\u{E9}", count: 64),
        "한",
    ])
    func goodID_HasNoProblem(_ id: String) {
        #expect(DeviceID.problem(in: id) == nil && DeviceID.problem(in: Array(id.utf8)[...]) == nil)
        #expect(DeviceID.isValid(id))
    }

    static let problems: [(String, DeviceIDProblem)] = [
        ("", .empty), (String(repeating: "d", count: 65), .tooLong), (String(repeating: "\u{E9}", count: 65), .tooLong),
        (" a", .whiteSpaceAtEnd(" ")), ("a ", .whiteSpaceAtEnd(" ")), ("\u{A0}a", .whiteSpaceAtEnd("\u{A0}")),
        ("a\u{3000}", .whiteSpaceAtEnd("\u{3000}")), ("é ", .whiteSpaceAtEnd(" ")), ("a\u{A0}b", .separator("\u{A0}")),
        ("a\u{2028}b", .separator("\u{2028}")), ("\u{200B}a", .invisible("\u{200B}")),
        ("a\u{200D}b", .invisible("\u{200D}")),
        ("a\u{202E}b", .invisible("\u{202E}")), ("\u{FEFF}a", .invisible("\u{FEFF}")), ("a\nb", .control("\n")),
        ("a\u{7F}", .control("\u{7F}")), ("a\u{9B}b", .control("\u{9B}")), ("a\u{378}", .unassigned("\u{378}")),
        ("a\u{FFFF}", .unassigned("\u{FFFF}")), ("a/b", .reserved("/")), ("+", .reserved("+")), ("a#", .reserved("#")),
        ("a\\b", .reserved("\\")), ("é/b", .reserved("/")), ("$SYS", .leadingDollar), ("$é", .leadingDollar),
        (".", .folder),
        ("..", .folder), ("S\u{212A}-1", .notNormal), ("e\u{301}", .notNormal), ("a\u{37E}", .notNormal),
        ("\u{1112}\u{1161}\u{11AB}", .notNormal), ("\u{301}a", .leadingMark("\u{301}")),
        ("\u{903}a", .leadingMark("\u{903}")), ("\u{20DD}", .leadingMark("\u{20DD}")),
        ("a\u{E000}", .unassigned("\u{E000}")), ("a\u{10FFFD}", .unassigned("\u{10FFFD}")),
        ("a\u{FFFD}b", .unassigned("\u{FFFD}")),
    ]

    @Test(
        arguments: [
            "\u{34F}", "\u{3164}", "\u{FE0F}", "\u{E0100}", "\u{FFA0}", "\u{180B}", "\u{1160}", "\u{2800}", "\u{AD}",
            "\u{2065}",
        ] as [Unicode.Scalar])
    func characterThatIsNotSeen_MakesNoOtherID(_ scalar: Unicode.Scalar) {
        for id in ["a\(scalar)", "\(scalar)a", "a\(scalar)b", "\(scalar)"] {
            #expect(DeviceID.problem(in: id) == .invisible(scalar))
        }
    }

    @Test(arguments: 0..<problems.count) func badID_IsToldWhatIsWrong(number: Int) {
        let (id, problem) = Self.problems[number]
        #expect(DeviceID.problem(in: id) == problem)
        #expect(DeviceID.problem(in: Array(id.utf8)[...]) == problem)
    }

    @Test func bytesThatAreNoText_AreNoID() {
        #expect(DeviceID.problem(in: [0x61, 0xFF][...]) == .notText)
        #expect(DeviceID.problem(in: [0xC3][...]) == .notText)
    }

    @Test func message_NamesTheCharacter() {
        #expect(DeviceIDProblem.invisible("\u{200B}").message.contains("U+200B"))
        #expect(DeviceIDProblem.separator("\u{A0}").message.contains("U+00A0"))
        #expect(DeviceIDProblem.reserved("#").message.contains("contains '#'"))
    }

    @Test func cellWithWhiteSpace_IsRefusedWithItsColumn() throws {
        for cell in ["c9 ", "c9\u{A0}", "\u{200B}c9", "\"c9 \""] {
            var reader = CSVReader()
            var rows: [CSVRow] = []
            reader.feed(Array("secret,deviceID\nKQ2V5XN7ZBYT4GHM3RWCLD6PJA,\(cell)\n".utf8)) { rows.append($0) }
            var rowReader = SecretRowReader(header: try SecretFileHeader(rows[0], ignoringUnknown: false), now: 0)
            let refusal = #expect(throws: RowRefusal.self) { try rowReader.read(rows[1]) }
            #expect(
                refusal?.line == 2 && refusal?.column == "deviceID" && refusal?.reason.contains("remove it") == true)
        }
    }
}
