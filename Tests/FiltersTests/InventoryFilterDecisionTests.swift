import BaseTestSupport
import Testing

@testable import Filters
internal import Wire

/// Which devices a filter means (docs/protocols/mender.md 12.3).
@Suite struct InventoryFilterDecisionTests {
    private typealias Condition = InventoryFilter.Condition

    private static func holds(_ condition: Condition, _ value: AttributeValue?) -> Bool {
        var budget = PatternBudget.device
        return (try? condition.holds(for: value, within: &budget)) ?? false
    }

    private static let decisions: [(condition: Condition, value: AttributeValue?, holds: Bool)] = [
        (.equals(.string("x")), .string("x"), true), (.equals(.string("x")), .string("X"), false),
        (.equals(.string("x")), .strings(["a", "x"]), true), (.equals(.string("x")), .strings([]), false),
        (.equals(.strings(["a", "x"])), .strings(["a", "x"]), true),
        (.equals(.strings(["a", "x"])), .strings(["x", "a"]), false), (.equals(.number("1")), .number("1.0"), true),
        (.equals(.number("1")), .string("1"), false), (.equals(.number("1")), .numbers(["0", "1e0"]), true),
        (.equals(.string("é")), .string("e\u{301}"), false), (.differs(.string("x")), .strings(["a", "x"]), false),
        (.differs(.string("x")), .strings(["a"]), true), (.isOneOf([]), .string("x"), false),
        (.isNoneOf([]), nil, true), (.isOneOf([.string("a"), .number("2")]), .number("2"), true),
        (.isOneOf([.string("a"), .number("2")]), .strings(["b", "a"]), true),
        (.isNoneOf([.string("a"), .number("2")]), .numbers(["1", "2"]), false),
        (.compares(.greater, .string("b")), .string("c"), true),
        (.compares(.greater, .string("b")), .string("b"), false),
        (.compares(.atLeast, .string("b")), .string("b"), true), (.compares(.less, .string("b")), .string("B"), true),
        (.compares(.atMost, .number("-1")), .number("-1.0"), true),
        (.compares(.less, .number("2")), .number("10"), false),
        (.compares(.less, .string("2")), .string("10"), true), (.compares(.less, .number("2")), .strings([]), false),
        (.exists(true), .strings([]), true), (.exists(true), nil, false), (.exists(false), .string(""), false),
    ]

    @Test func condition_HoldsForTheseValues() {
        for (condition, value, holds) in Self.decisions {
            #expect(Self.holds(condition, value) == holds, "\(condition) for \(String(describing: value))")
        }
    }

    @Test(arguments: [
        (AttributeValue.string("north-1"), true), (.string("south"), false), (.strings(["x", "north"]), true),
        (.number("1"), false), (.numbers(["1"]), false),
    ])
    func pattern_LooksAtTextsAlone(value: AttributeValue, holds: Bool) throws {
        #expect(Self.holds(.matches(try FilterPattern("^north|1")), value) == holds)
        #expect(!Self.holds(.matches(try FilterPattern("")), nil))
    }

    private static func value(_ generator: inout SeededGenerator) -> AttributeValue {
        let single: [AttributeValue] = [
            .string("a"), .string("b"), .string("1"), .number("1"), .number("1.0"), .number("-2"),
        ]
        let several: [AttributeValue] = [.strings([]), .strings(["a", "b"]), .numbers(["1", "3"])]
        return generator.pick(single + several)
    }

    @Test(arguments: 1...2 as ClosedRange<UInt64>) func opposites_AreNeverBothTrueOrBothFalse(seed: UInt64) {
        var generator = SeededGenerator(seed)
        for _ in 0..<500 {
            let wanted = (0..<Int.random(in: 0...3, using: &generator)).map { _ in Self.value(&generator) }
            let value = generator.pick([nil, Self.value(&generator)])
            #expect(Self.holds(.isOneOf(wanted), value) != Self.holds(.isNoneOf(wanted), value))
            #expect(Self.holds(.exists(true), value) != Self.holds(.exists(false), value))
            for one in wanted {
                #expect(Self.holds(.equals(one), value) != Self.holds(.differs(one), value))
                #expect(Self.holds(.isOneOf([one]), value) == Self.holds(.equals(one), value))
            }
            // Single values of one kind have an order, those of two kinds have none.
            guard let value, let one = wanted.first, value.isSingle, one.isSingle else { continue }
            let isComparable = value.isLess(than: one) != nil
            let (less, atLeast) = (
                Self.holds(.compares(.less, one), value), Self.holds(.compares(.atLeast, one), value)
            )
            let (greater, atMost) = (
                Self.holds(.compares(.greater, one), value), Self.holds(.compares(.atMost, one), value)
            )
            #expect(isComparable ? less != atLeast && greater != atMost : !less && !atLeast && !greater && !atMost)
            #expect((atLeast && atMost) == (isComparable && Self.holds(.equals(one), value)))
        }
    }

    @Test func everyTerm_MustHold() throws {
        let terms = try ["inventory.os=debian", "tags.site=north"].map { try InventoryFilter.Term(text: $0) }
        let filter = try InventoryFilter(terms)
        for (os, site, expected) in [("debian", "north", true), ("debian", "south", false), ("arch", "north", false)] {
            var asked: [AttributeKey] = []
            var budget = PatternBudget(steps: 0)
            let isMeant = try filter.matches(within: &budget) { key in
                asked.append(key)
                return .string(key.scope == .tags ? site : os)
            }
            #expect(isMeant == expected)
            // What is decided is not asked on.
            #expect(asked.map(\.name) == (os == "debian" ? ["os", "site"] : ["os"]))
        }
        #expect(!filter.hasPatterns && !InventoryFilter.all.hasPatterns)
        #expect(try InventoryFilter([.init(text: "tags.a~b")]).hasPatterns)
    }

    /// What a look costs is known before it: characters and one more, times the steps of the pattern.
    @Test func budget_IsSpentBeforeTheLook() throws {
        let pattern = try FilterPattern("abc")
        for (steps, isEnough) in [(12 * 2, true), (12 * 2 - 1, false)] {
            var budget = PatternBudget(steps: steps)
            let texts = AttributeValue.strings(["xx", "yy"])
            if isEnough {
                #expect(try !Condition.matches(pattern).holds(for: texts, within: &budget))
            } else {
                #expect(throws: PatternBudgetSpent.self) {
                    try Condition.matches(pattern).holds(for: texts, within: &budget)
                }
            }
        }
        // A text beyond what is looked at costs no more.
        var budget = PatternBudget(steps: (FilterPattern.textLimit + 1) * 4)
        #expect(
            try !Condition.matches(pattern).holds(for: .string(String(repeating: "x", count: 90_000)), within: &budget))
    }

    @Test func refusal_SaysInOneLineWhatMayBe() {
        for (error, part) in [
            (InventoryFilterError.notATerm, "scope, attribute, type and value"), (.tooManyTerms, "at most 20"),
            (.unknownScope, "identity"), (.badName, "1 to 1024"), (.unknownType, "$exists"),
            (.badValue(type: "$in"), "$in"), (.tooLong, "1024"), (.badPattern(.tooLong), "256 bytes"),
            (.badPattern(.tooComplex), "too complex"), (.badPattern(.notUnderstood(at: 7)), "character 7"),
        ] {
            #expect(error.description.contains(part) && !error.description.contains("\n"))
        }
    }
}
