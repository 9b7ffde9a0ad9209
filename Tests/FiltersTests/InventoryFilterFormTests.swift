import BaseTestSupport
internal import Encoding
import Testing

@testable import Filters
internal import Wire

/// Filters as documents and as terms of the command line: what is refused, the limits, and that both mean the same.
@Suite struct InventoryFilterFormTests {
    private typealias Term = InventoryFilter.Term

    private static func term(_ type: String, _ value: String, scope: String = "inventory") throws -> InventoryFilter {
        try InventoryFilter(
            stored: #"[{"scope":"\#(scope)","attribute":"a","type":"\#(type)","value":\#(value)}]"#)
    }

    @Test(arguments: [
        ("$eq", ["\"x\"", "1", "[]", "[\"x\"]"], ["null", "true", "{}", "[1,\"x\"]"]),
        ("$ne", ["\"\"", "-1.5e3", "[1]"], ["null", "false", "[null]"]),
        ("$in", ["[]", "[\"x\",1]", "[1]"], ["\"x\"", "1", "null", "[true]", "[[1]]", "{}"]),
        ("$nin", ["[]", "[\"x\"]"], ["\"x\"", "[{}]", "[[\"x\"]]"]),
        ("$gt", ["1", "\"x\""], ["[1]", "[]", "null", "true"]), ("$gte", ["1"], ["[1]"]), ("$lt", ["\"\""], ["{}"]),
        ("$lte", ["0"], ["[\"x\"]"]), ("$exists", ["true", "false"], ["1", "null", "\"true\""]),
        ("$regex", ["\"^a\"", "\"\""], ["1", "[\"a\"]", "null"]),
    ])
    func type_TakesItsValues(type: String, taken: [String], refused: [String]) throws {
        for value in taken {
            let filter = try Self.term(type, value)
            #expect(
                String(decoding: filter.json.encoded(), as: UTF8.self)
                    == #"[{"scope":"inventory","attribute":"a","type":"\#(type)","value":\#(value)}]"#)
        }
        for value in refused {
            let error = #expect(throws: InventoryFilterError.self, "\(value)") { try Self.term(type, value) }
            guard case .badValue = error else {
                Issue.record("\(value): \(String(describing: error))")
                continue
            }
        }
    }

    @Test func documentThatIsNone_SaysWhatIsWrong() {
        for text in ["", "{}", "[1]", "[[]]", "null", "[{}]", #"[{"scope":"tags","attribute":"a"}]"#, "[", "[]]"] {
            #expect(throws: InventoryFilterError.notATerm, "\(text)") { try InventoryFilter(stored: text) }
        }
        #expect(throws: InventoryFilterError.unknownScope) { try Self.term("$eq", "1", scope: "Inventory") }
        #expect(throws: InventoryFilterError.unknownType) { try Self.term("$ltne", "1") }
        #expect(throws: InventoryFilterError.badPattern(.notUnderstood(at: 1))) { try Self.term("$regex", "\"(\"") }
        #expect(throws: InventoryFilterError.badPattern(.tooComplex)) { try Self.term("$regex", "\"a{500}\"") }
        let long = String(repeating: "a", count: 257)
        #expect(throws: InventoryFilterError.badPattern(.tooLong)) { try Self.term("$regex", "\"\(long)\"") }
    }

    @Test func document_CutAnywhereIsNone() throws {
        let text = #"[{"scope":"tags","attribute":"a","type":"$in","value":["x",1]}]"#
        #expect(try InventoryFilter(stored: text).terms.count == 1)
        for cut in Damage.beginnings(of: Array(text.utf8)) {
            #expect(throws: InventoryFilterError.notATerm) {
                try InventoryFilter(stored: String(decoding: cut, as: UTF8.self))
            }
        }
    }

    @Test func terms_Are20AtMost() throws {
        let term = try Term(text: "tags.a=x")
        let most = try InventoryFilter(Array(repeating: term, count: 20))
        #expect(try InventoryFilter(most.json) == most)
        #expect(throws: InventoryFilterError.tooManyTerms) { try InventoryFilter(Array(repeating: term, count: 21)) }
        let element = try #require(most.json.array?.first)
        #expect(throws: InventoryFilterError.tooManyTerms) {
            try InventoryFilter(.array(Array(repeating: element, count: 21)))
        }
    }

    @Test func list_Has1000SingleValuesAtMost() throws {
        let key = AttributeKey(.tags, "a")
        let values = (0..<1000).map { AttributeValue.number("\($0)") }
        for condition in [InventoryFilter.Condition.isOneOf, InventoryFilter.Condition.isNoneOf] {
            #expect(try InventoryFilter([Term(key, condition(values))]).terms.count == 1)
            #expect(throws: InventoryFilterError.self) {
                try InventoryFilter([Term(key, condition(values + [.string("")]))])
            }
            #expect(throws: InventoryFilterError.self) { try InventoryFilter([Term(key, condition([.strings([])]))]) }
        }
    }

    @Test func namesAndValues_Have1024CharactersAtMost() throws {
        let longest = String(repeating: "é", count: 1024)
        #expect(try InventoryFilter([Term(text: "tags.\(longest)")]).terms[0].key.name == longest)
        #expect(throws: InventoryFilterError.badName) { try InventoryFilter([Term(text: "tags.\(longest)e")]) }
        for word in ["=", "!=", "<", ">="] {
            #expect(try InventoryFilter([Term(text: "tags.a\(word)\(longest)")]).terms.count == 1)
            #expect(throws: InventoryFilterError.tooLong) {
                try InventoryFilter([Term(text: "tags.a\(word)\(longest)e")])
            }
        }
        #expect(throws: InventoryFilterError.tooLong) {
            try InventoryFilter([Term(AttributeKey(.tags, "a"), .isOneOf([.string("x"), .string(longest + "e")]))])
        }
    }

    private static let terms: [(text: String, name: String, json: String)] = [
        ("tags.a==", "a", #""$eq","value":"=""#), ("tags.a=!", "a", #""$eq","value":"!""#),
        ("tags.a!==b", "a", #""$ne","value":"=b""#), ("tags.a>=", "a", #""$gte","value":"""#),
        ("tags.a<>b", "a", #""$lt","value":"\u003eb""#), ("tags.a.b.c=.", "a.b.c", #""$eq","value":".""#),
        ("tags.a~=", "a", #""$regex","value":"=""#), ("tags. a = b ", " a ", #""$eq","value":" b ""#),
        ("tags.a=01", "a", #""$eq","value":"01""#), ("tags.a=-0", "a", #""$in","value":["-0",-0]"#),
        ("tags.a=1e999", "a", #""$eq","value":"1e999""#), ("tags.a=NaN", "a", #""$eq","value":"NaN""#),
    ]

    @Test func firstSeparator_EndsTheName() throws {
        for (text, name, json) in Self.terms {
            let filter = try InventoryFilter([Term(text: text)])
            #expect(filter.terms[0].key == AttributeKey(.tags, name))
            #expect(String(decoding: filter.json.encoded(), as: UTF8.self).contains(json), "\(text)")
        }
    }

    /// The management API takes names and values that the command line would read as another term.
    @Test(arguments: [
        #"{"scope":"tags","attribute":"a=b","type":"$eq","value":"c"}"#,
        #"{"scope":"tags","attribute":"a~b","type":"$exists","value":true}"#,
        #"{"scope":"tags","attribute":"a","type":"$gt","value":"=5"}"#,
        #"{"scope":"tags","attribute":"a","type":"$lt","value":"=x"}"#,
        #"{"scope":"tags","attribute":"a","type":"$eq","value":"12"}"#,
        #"{"scope":"tags","attribute":"a","type":"$eq","value":12}"#,
        #"{"scope":"tags","attribute":"a","type":"$gte","value":"12"}"#,
        #"{"scope":"tags","attribute":"a","type":"$in","value":["x","y"]}"#,
        #"{"scope":"tags","attribute":"a","type":"$eq","value":["x"]}"#,
    ])
    func termWithoutWords_IsShownAsADocument(json: String) throws {
        #expect(try InventoryFilter(stored: "[\(json)]").terms.map(\.text) == [json])
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>) func text_MeansTheTermItShows(seed: UInt64) throws {
        var generator = SeededGenerator(seed)
        for _ in 0..<400 {
            let value = AttributeValue.string(generator.pick(["", "=", "~", "12", "x"]) + generator.text(0...4))
            let condition: InventoryFilter.Condition =
                switch Int.random(in: 0..<5, using: &generator) {
                case 0: .equals(value)
                case 1: .differs(value)
                case 2: .compares(generator.pick(InventoryFilter.Comparison.allCases), value)
                case 3: .exists(generator.pick([true, false]))
                default: .isOneOf([value, .number("12")])
                }
            let key = AttributeKey(
                generator.pick(InventoryScope.allCases), generator.pick(["a", "a.b", "=", "é"]) + generator.text(0...4))
            let filter = try InventoryFilter([Term(key, condition)])
            let text = filter.terms[0].text
            let again =
                text.utf8.first == UInt8(ascii: "{")
                ? try InventoryFilter(stored: "[\(text)]") : try InventoryFilter([Term(text: text)])
            #expect(again.json.encoded() == filter.json.encoded(), "\(text)")
        }
    }
}
