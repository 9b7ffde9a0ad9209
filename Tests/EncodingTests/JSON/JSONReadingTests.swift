internal import BaseTestSupport
import Encoding
import Testing

/// The scanner call by call, as readers of messages use it.
@Suite struct JSONReadingTests {
    private static func scanner(_ text: String, _ limits: JSONLimits = .message) throws -> JSONScanner {
        try JSONScanner(Array(text.utf8), limits: limits)
    }

    @Test(arguments: [
        ("{}", JSONScanner.Kind.object), (" [", .array), ("\n\"", .string), ("\t-1", .number), ("9", .number),
        ("\r0", .number), ("true", .bool), ("false", .bool), ("null", .null),
    ])
    func kind_IsSeenBeforeItIsRead(text: String, kind: JSONScanner.Kind) throws {
        var scanner = try Self.scanner(text)
        #expect(try scanner.peek() == kind)
        #expect(try scanner.peek() == kind, "looking reads nothing")
    }

    @Test(arguments: ["", "  ", "}", "+1", ".5", "N", "T", ",", "\u{FEFF}1", "'"]) func noValue_IsRefusedAtItsByte(
        text: String
    ) throws {
        var scanner = try Self.scanner(text)
        let blanks = text.utf8.prefix { $0 == 0x20 }.count
        #expect(throws: MessageError.notJSON(offset: blanks)) { try scanner.peek() }
    }

    @Test func members_AreReadOneByOne_AndSkippedWhole() throws {
        var scanner = try Self.scanner(#" { "a" : [1, {"x": "}"}], "b":"two" , "c":3,"d":true,"e":null } "#)
        var seen: [String] = []
        try scanner.readObject { name, scanner throws(MessageError) in
            switch name {
            case "b": seen.append(try scanner.readString())
            case "c": seen.append(try scanner.readInteger().map { "\($0)" } ?? "none")
            case "d": seen.append("\(try scanner.readBool())")
            case "e": try scanner.readNull()
            default: try scanner.skipValue()
            }
        }
        try scanner.finish()
        #expect(seen == ["two", "3", "true"])
    }

    @Test(
        arguments: [
            ("0", Int64(0)), ("-0", 0), ("-7", -7), ("9223372036854775807", .max), ("-9223372036854775808", .min),
            ("9223372036854775808", nil), ("1.0", nil), ("1e3", nil), ("-1.5", nil), ("1E0", nil),
        ] as [(String, Int64?)])
    func integer_IsPlainAndOf64Bits(text: String, value: Int64?) throws {
        var scanner = try Self.scanner(text)
        #expect(try scanner.readInteger() == value)
        try scanner.finish()
        #expect(try JSONValue(parsing: Array(text.utf8)).integer == value)
    }

    @Test(arguments: [
        ("\"x\"", 0), ("1", 0), (" true", 1), ("[]", 0), ("null", 0),
    ])
    func valueOfAnotherType_IsRefused(text: String, offset: Int) throws {
        var (object, string) = (try Self.scanner(text), try Self.scanner(text))
        #expect(throws: MessageError.notJSON(offset: offset)) {
            try object.readObject { _, scanner throws(MessageError) in try scanner.skipValue() }
        }
        guard !text.hasPrefix("\"") else { return }
        #expect(throws: MessageError.notJSON(offset: offset)) { try string.readString() }
    }

    @Test(arguments: [
        ("{\"a\":1", 6), ("{\"a\" 1}", 5), ("[1 2]", 3), ("tru", 3), ("nul ", 3), ("truf", 3), ("\"ab", 3),
        ("\"a\\", 3), ("\"\\u00", 2), ("-", 1), ("1.", 2), ("1e+", 3), ("[1]]", 3), ("{} x", 3), ("\"\n\"", 1),
    ])
    func fault_NamesTheByteWhereReadingStopped(text: String, offset: Int) {
        #expect(throws: MessageError.notJSON(offset: offset)) { try JSONValue(parsing: Array(text.utf8)) }
    }

    @Test func limits_AreThoseThatWereGiven() throws {
        let text = Array(#"{"a":[1,2,3]}"#.utf8)
        _ = try JSONValue(parsing: text, limits: JSONLimits(bytes: text.count, depth: 2, values: 5))
        #expect(throws: MessageError.tooLarge(limit: 12)) {
            try JSONValue(parsing: text, limits: JSONLimits(bytes: 12))
        }
        #expect(throws: MessageError.tooDeep(limit: 1)) { try JSONValue(parsing: text, limits: JSONLimits(depth: 1)) }
        #expect(throws: MessageError.tooManyValues(limit: 4)) {
            try JSONValue(parsing: text, limits: JSONLimits(values: 4))
        }
    }

    /// What is skipped costs as much as what is read.
    @Test func skippedValues_AreCounted() throws {
        var deep = try Self.scanner("[[[]]]", JSONLimits(depth: 2))
        #expect(throws: MessageError.tooDeep(limit: 2)) { try deep.skipValue() }
        var many = try Self.scanner("[1,2,3]", JSONLimits(values: 3))
        #expect(throws: MessageError.tooManyValues(limit: 3)) { try many.skipValue() }
        var beside = try Self.scanner("[[],[],[]]", JSONLimits(depth: 2))
        try beside.skipValue()
        try beside.finish()
    }

    @Test func values_AreFoundByName_AndOnlyAsWhatTheyAre() throws {
        let value = try JSONValue(parsing: Array(#"{"s":"x","n":1,"b":false,"a":[1],"o":{"s":2},"z":null}"#.utf8))
        #expect(value["s"]?.string == "x" && value["n"]?.integer == 1 && value["b"]?.bool == false)
        #expect(value["a"]?.array == [.number("1")] && value["o"]?["s"]?.integer == 2 && value["z"] == .null)
        #expect(value["none"] == nil && value["S"] == nil && value["a"]?["s"] == nil)
        #expect(value["n"]?.string == nil && value["s"]?.integer == nil && value["z"]?.bool == nil)
        #expect(value["o"]?.array == nil && value["a"]?.members == nil && value.members?.count == 6)
        #expect(value.string == nil && value.integer == nil && value.bool == nil && value.array == nil)
    }
}
