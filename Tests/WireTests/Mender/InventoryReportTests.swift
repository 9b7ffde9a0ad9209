import BaseTestSupport
import Encoding
import Testing

@testable import Wire

/// docs/protocols/mender.md 6: attributes as devices report them.
@Suite struct InventoryReportTests {
    private static func read(_ text: String) throws -> InventoryReport {
        try InventoryReport(parsing: Array(text.utf8))
    }

    @Test func exampleOfTheProtocol_IsRead() throws {
        let text =
            #"[{"name":"device_type","value":"qemu"},{"name":"ip","value":["10.0.0.1","10.0.0.2"]},"#
            + #"{"name":"mem","value":"512","description":"MB"}]"#
        let report = try Self.read(text)
        #expect(
            report.attributes == [
                .init(name: "device_type", value: .string("qemu")),
                .init(name: "ip", value: .strings(["10.0.0.1", "10.0.0.2"])),
                .init(name: "mem", value: .string("512"), description: "MB"),
            ])
        #expect(String(decoding: report.encoded(), as: UTF8.self) == text)
        #expect(try Self.read("[]").attributes.isEmpty)
    }

    @Test(arguments: ["\"\"", "1", "-1.50e3", "[]", "[\"a\",\"b\"]", "[1,2.0]"])
    func valueOfAnAllowedType_IsKeptAsWritten(value: String) throws {
        let report = try Self.read(#"[{"name":"a","value":\#(value)}]"#)
        #expect(String(decoding: report.encoded(), as: UTF8.self) == #"[{"name":"a","value":\#(value)}]"#)
    }

    private static let refusals: [(element: String, error: InventoryReportError)] = [
        (#"{"name":"a","value":null}"#, .badValue), (#"{"name":"a","value":true}"#, .badValue),
        (#"{"name":"a","value":{}}"#, .badValue), (#"{"name":"a","value":["x",1]}"#, .badValue),
        (#"{"name":"a","value":[[1]]}"#, .badValue), (#"{"name":"a","value":[null]}"#, .badValue),
        (#"{"name":"a"}"#, .badValue), (#"{"value":1}"#, .badName), (#"{"name":"","value":1}"#, .badName),
        (#"{"name":1,"value":1}"#, .badName), (#"{"name":"a","value":1,"description":1}"#, .badDescription),
        ("1", .notAnArray), ("[]", .notAnArray), ("null", .notAnArray),
    ]

    @Test func attributeThatIsNone_RefusesTheReport() {
        for (element, error) in Self.refusals {
            #expect(throws: error, "\(element)") { try Self.read(#"[{"name":"good","value":1},\#(element)]"#) }
        }
        #expect(throws: InventoryReportError.notAnArray) { try Self.read("{}") }
        #expect(throws: InventoryReportError.notJSON(.notJSON(offset: 1))) { try Self.read("[") }
    }

    @Test func name_Has1024CharactersAtMost() throws {
        // Characters of two bytes: what is counted is no byte.
        let longest = String(repeating: "é", count: 1024)
        #expect(try Self.read(#"[{"name":"\#(longest)","value":1}]"#).attributes[0].name == longest)
        #expect(throws: InventoryReportError.badName) { try Self.read(#"[{"name":"\#(longest)e","value":1}]"#) }
    }

    @Test func refusal_SaysInOneLineWhy() {
        for (error, part) in [
            (InventoryReportError.badName, "at most 1024"), (.badValue, "string, float64"),
            (.badDescription, "must be a string"), (.notAnArray, "not an array"),
            (.notJSON(.tooDeep(limit: 16)), "deeper than 16 levels"),
        ] {
            #expect("\(error)".contains(part) && !"\(error)".contains("\n"))
        }
    }

    @Test func ofARepeatedName_TheLastCounts() throws {
        let report = try Self.read(
            #"[{"name":"b","value":1},{"name":"a","value":"x","description":"d"},{"name":"b","value":2}]"#)
        #expect(report.latest().map(\.name) == ["a", "b"] && report.latest()[1].value == .number("2"))
        #expect(
            String(decoding: report.canonical(), as: UTF8.self)
                == #"[{"name":"a","value":"x","description":"d"},{"name":"b","value":2}]"#)
        // Names that are equal to Unicode alone are two.
        let two = InventoryReport([.init(name: "é", value: .number("1")), .init(name: "e\u{301}", value: .number("2"))])
        #expect(two.latest().count == 2)
    }

    @Test(arguments: 1...2 as ClosedRange<UInt64>) func canonicalForm_DependsOnTheContentAlone(seed: UInt64) throws {
        var generator = SeededGenerator(seed)
        for _ in 0..<100 {
            var attributes = (0..<Int.random(in: 0...8, using: &generator)).map { number in
                InventoryReport.Attribute(
                    name: "\(number)" + generator.text(0...5), value: Self.value(&generator),
                    description: generator.pick([nil, generator.text(0...5)]))
            }
            let form = InventoryReport(attributes).canonical()
            attributes.shuffle(using: &generator)
            #expect(InventoryReport(attributes).canonical() == form)
            #expect(try InventoryReport(parsing: form).canonical() == form)
        }
    }

    private static func value(_ generator: inout SeededGenerator) -> AttributeValue {
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: .string(generator.text(0...6))
        case 1: .number("\(Int.random(in: -9...9, using: &generator))")
        case 2: .strings((0..<2).map { _ in generator.text(0...3) })
        default: .numbers(["1", "2.5"])
        }
    }

    @Test func values_AreComparedByKind() {
        let texts = ["", "a", "b", "é"].map { AttributeValue.string($0) }
        for (one, two) in zip(texts, texts.dropFirst()) {
            #expect(one.isLess(than: two) == true && two.isLess(than: one) == false && !one.isSame(as: two))
        }
        #expect(AttributeValue.number("9").isLess(than: .number("10")) == true)
        #expect(AttributeValue.string("1").isLess(than: .number("2")) == nil)
        #expect(AttributeValue.numbers(["1"]).isLess(than: .numbers(["2"])) == nil)
        #expect(
            AttributeValue.number("1").isSame(as: .number("1.0"))
                && !AttributeValue.number("1").isSame(as: .string("1")))
        #expect(!AttributeValue.string("é").isSame(as: .string("e\u{301}")))
        #expect(AttributeValue.numbers(["1", "2"]).isSame(as: .numbers(["1.0", "2e0"])))
        #expect(!AttributeValue.numbers(["1", "2"]).isSame(as: .numbers(["1"])))
        #expect(!AttributeValue.strings(["1"]).isSame(as: .string("1")))
        #expect(AttributeValue.string("a").isSingle && !AttributeValue.strings(["a"]).isSingle)
        #expect(AttributeValue.numbers(["1", "2"]).elements == [.number("1"), .number("2")])
    }
}
