internal import Encoding
import Testing

@testable import Filters
internal import Wire

@Suite struct InventoryFilterTests {
    @Test(arguments: [
        ("inventory.os=debian", #"[{"scope":"inventory","attribute":"os","type":"$eq","value":"debian"}]"#),
        ("inventory.mem=512", #"[{"scope":"inventory","attribute":"mem","type":"$in","value":["512",512]}]"#),
        ("inventory.mem!=512", #"[{"scope":"inventory","attribute":"mem","type":"$nin","value":["512",512]}]"#),
        ("tags.site!=", #"[{"scope":"tags","attribute":"site","type":"$ne","value":""}]"#),
        ("inventory.mem>=512", #"[{"scope":"inventory","attribute":"mem","type":"$gte","value":512}]"#),
        ("inventory.mem<1e3", #"[{"scope":"inventory","attribute":"mem","type":"$lt","value":1e3}]"#),
        ("inventory.v>1.2.3", #"[{"scope":"inventory","attribute":"v","type":"$gt","value":"1.2.3"}]"#),
        (
            "inventory.rootfs-image.version<=b",
            #"[{"scope":"inventory","attribute":"rootfs-image.version","type":"$lte","value":"b"}]"#
        ),
        ("tags.site~^nor=th", #"[{"scope":"tags","attribute":"site","type":"$regex","value":"^nor=th"}]"#),
        ("system.group", #"[{"scope":"system","attribute":"group","type":"$exists","value":true}]"#),
        ("!system.group", #"[{"scope":"system","attribute":"group","type":"$exists","value":false}]"#),
    ])
    func text_MeansWhatTheDocumentSays(text: String, json: String) throws {
        let filter = try InventoryFilter([InventoryFilter.Term(text: text)])
        #expect(String(decoding: filter.json.encoded(), as: UTF8.self) == json)
        #expect(try InventoryFilter(stored: json) == filter)
        #expect(filter.terms.map(\.text) == [text])
    }

    @Test(arguments: [
        "", "os=debian", "nowhere.os=x", "inventory.", "inventory.=x", "!tags.a=b", "inventory.a~(", "inventory.a!x",
        ".",
    ])
    func badText_IsRefused(text: String) {
        #expect(throws: InventoryFilterError.self) { try InventoryFilter([InventoryFilter.Term(text: text)]) }
    }

    @Test func conditionsOnAbsentAttributes() throws {
        let text = AttributeValue.string("x")
        #expect(InventoryFilter.Condition.differs(text).holds(for: nil))
        #expect(InventoryFilter.Condition.isNoneOf([text]).holds(for: nil))
        #expect(InventoryFilter.Condition.exists(false).holds(for: nil))
        #expect(!InventoryFilter.Condition.equals(text).holds(for: nil))
        #expect(!InventoryFilter.Condition.compares(.atMost, text).holds(for: nil))
        var budget = PatternBudget(steps: 0)
        #expect(try InventoryFilter.all.matches(within: &budget) { _ in nil })
    }

    /// However the work is spread over devices, terms and values: it ends.
    @Test func patterns_EndWithTheirBudget() throws {
        let filter = try InventoryFilter([
            .init(AttributeKey(.inventory, "a"), .matches(try FilterPattern("(a|a)*b")))
        ])
        let value = AttributeValue.strings([String](repeating: String(repeating: "a", count: 1000), count: 100))
        var budget = PatternBudget.device
        var looks = 0
        #expect(throws: PatternBudgetSpent.self) {
            while looks < 10_000 {
                _ = try filter.matches(within: &budget) { _ in value }
                looks += 1
            }
        }
        #expect((1..<100).contains(looks))
        var small = PatternBudget(steps: 1000)
        #expect(try !filter.matches(within: &small) { _ in .string("abc".uppercased()) })
    }

    @Test func numbers_AreComparedByValueAndNeverWithTexts() {
        #expect(InventoryFilter.Condition.equals(.number("1e2")).holds(for: .number("100")))
        #expect(InventoryFilter.Condition.compares(.greater, .number("9")).holds(for: .number("10")))
        #expect(!InventoryFilter.Condition.compares(.greater, .number("9")).holds(for: .string("10")))
        #expect(!InventoryFilter.Condition.compares(.atLeast, .string("9")).holds(for: .number("10")))
        #expect(InventoryFilter.Condition.compares(.atLeast, .number("9")).holds(for: .numbers(["1", "9"])))
    }

    @Test func report_IsTheSameInAnyOrder() throws {
        let one = try InventoryReport(parsing: Array(#"[{"name":"a","value":1},{"name":"b","value":["x"]}]"#.utf8))
        let two = try InventoryReport(
            parsing: Array(#"[{"name":"b","value":"old"},{"name":"b","value":["x"]},{"name":"a","value":1}] "#.utf8))
        #expect(one.canonical() == two.canonical() && one.latest().map(\.name) == ["a", "b"])
    }
}

extension InventoryFilter.Condition {
    fileprivate func holds(for value: AttributeValue?) -> Bool {
        var budget = PatternBudget.device
        return (try? holds(for: value, within: &budget)) ?? false
    }
}
