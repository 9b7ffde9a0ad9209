import BaseTestSupport
import Testing

@testable import Filters

/// Patterns at their limits, where they are not understood, and against another program for regular expressions.
@Suite struct FilterPatternLimitTests {
    @Test func source_Has256BytesAtMost() throws {
        // A class holds them all in one step.
        let longest = "[" + String(repeating: "é", count: 127) + "]"
        #expect(longest.utf8.count == FilterPattern.sourceLimit)
        #expect(try FilterPattern(longest).stepCount == 2)
        #expect(throws: FilterPatternError.tooLong) { try FilterPattern(longest + "a") }
    }

    @Test(arguments: [
        ("a{127}", 128), ("(ab){63}", 127), ("(a|b){31}c", 126), ("a*", 4), ("a+", 5), ("a?", 3), ("a{2,4}", 7),
        ("", 1),
        ("^$", 3), ("(((a)))", 2),
    ])
    func steps_AreThoseOfTheWrittenOutPattern(pattern: String, steps: Int) throws {
        #expect(try FilterPattern(pattern).stepCount == steps)
    }

    @Test(arguments: ["a{128}", "(ab){64}", "(a|b){32}", "a{0,64}", "(a{11}){12}", "(a*){50}", "a{1001}", "a{9999999}"])
    func patternOfTooManySteps_IsRefused(pattern: String) {
        #expect(throws: FilterPatternError.tooComplex) { try FilterPattern(pattern) }
    }

    @Test func groups_Nest31DeepAtMost() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "(", count: depth) + "a" + String(repeating: ")", count: depth)
        }
        #expect(try FilterPattern(nested(31)).isFound(in: "a"))
        #expect(throws: FilterPatternError.tooComplex) { try FilterPattern(nested(32)) }
        // Groups beside each other are none within each other.
        #expect(try FilterPattern(String(repeating: "(a)", count: 60)).stepCount == 61)
    }

    @Test func text_IsLookedAtToItsThousandthCharacter() throws {
        let pattern = try FilterPattern("b")
        let limit = FilterPattern.textLimit
        #expect(pattern.isFound(in: String(repeating: "é", count: limit - 1) + "b"))
        #expect(!pattern.isFound(in: String(repeating: "é", count: limit) + "b"))
        let end = try FilterPattern("a$")
        #expect(end.isFound(in: String(repeating: "a", count: limit)))
        // What is not looked at is no end.
        #expect(!end.isFound(in: String(repeating: "a", count: limit + 1)))
    }

    @Test(arguments: [
        ("a(b", 3), ("a)b", 1), ("*", 0), ("a**", 2), ("ab[c", 4), ("a{x", 2), ("a{3,2}", 5), ("\\", 1), ("a\\q", 2),
        ("(?=a)", 2), ("[z-a]", 4), ("é{2}}", 4),
    ])
    func place_IsThatOfTheCharacter(pattern: String, place: Int) {
        #expect(throws: FilterPatternError.notUnderstood(at: place)) { try FilterPattern(pattern) }
    }

    private static let classes: [(pattern: String, inside: String, outside: String)] = [
        ("[a-cx]", "abcx", "dwyz-A"), ("[^a-cx]", "dwyz-A\n", "abcx"), ("[a\\-c]", "a-c", "b"), ("[-a]", "-a", "b"),
        ("[a-]", "a-", "b"), ("[]a]", "]a", "b["), ("[^]a]", "b[", "]a"), ("[\\]\\\\]", "]\\", "[/"),
        ("\\d", "0189", "a/:٣"), ("\\D", "a/:٣", "0189"), ("\\w", "azAZ09_", "-é @["), ("\\W", "-é @[", "azAZ09_"),
        ("\\s", " \t\n\r\u{B}\u{C}", "a\u{A0}\u{8}"), ("\\S", "a\u{A0}\u{8}", " \t\n\r\u{B}\u{C}"),
        ("[\\d\\s]", "0 ", "a"), ("[\\t-\\r]", "\t\n\r", " a"), (".", "a\ré🙂", "\n"), ("(?i)k", "kK", "\u{212A}j"),
        ("(?i)[^k]", "j\u{212A}", "kK"), ("(?i)[Y-Z]", "yzYZ", "xX["), ("[а-я]", "ж", "Ж"), ("\\*\\.\\/", "", ""),
    ]

    @Test func class_HoldsItsCharacters() throws {
        for (pattern, inside, outside) in Self.classes {
            let compiled = try FilterPattern(pattern)
            for scalar in inside.unicodeScalars {
                #expect(compiled.isFound(in: String(scalar)), "\(pattern) \(scalar)")
            }
            for scalar in outside.unicodeScalars {
                #expect(!compiled.isFound(in: String(scalar)), "\(pattern) \(scalar)")
            }
        }
    }

    /// A pattern of what both kinds know, small enough for a program that goes back over what it has read.
    private static func pattern(_ depth: Int, _ generator: inout SeededGenerator) -> String {
        guard depth > 0 else { return generator.pick(["a", "b", "c", ".", "[ab]", "[^a]", "\\w", "\\d"]) }
        let one = pattern(depth - 1, &generator)
        let other = pattern(depth - 1, &generator)
        return switch Int.random(in: 0..<7, using: &generator) {
        case 0: one + other
        case 1: "(\(one)|\(other))"
        case 2: "(?:\(one))*"
        case 3: "(\(one))+?"
        case 4: "(\(one))?" + other
        case 5: "(?:\(one)){1,2}"
        default: one + "(\(other)){2}"
        }
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>) func pattern_IsFoundWhereOthersFindIt(seed: UInt64) throws {
        var generator = SeededGenerator(seed)
        var compared = 0
        for _ in 0..<150 {
            let source =
                generator.pick(["", "^"]) + Self.pattern(Int.random(in: 0...3, using: &generator), &generator)
                + generator.pick(["", "$"])
            guard let ours = try? FilterPattern(source) else { continue }
            let theirs = try Regex(source).matchingSemantics(.unicodeScalar).asciiOnlyWordCharacters()
            for _ in 0..<8 {
                let text = (0..<Int.random(in: 0...8, using: &generator)).map { _ in
                    generator.pick(["a", "b", "c", "1", "-"])
                }
                .joined()
                #expect(ours.isFound(in: text) == (text.firstMatch(of: theirs) != nil), "\(source) in \(text)")
                compared += 1
            }
        }
        #expect(compared > 500)
    }

    @Test func damagedPattern_IsRefusedOrRuns() {
        for damaged in Damage.flips(
            of: Array("^(?:a[b-d]+|\\d{2,3})*x?$".utf8), masks: [0x01, 0x02, 0x04, 0x08, 0x20, 0x50])
        {
            guard let pattern = try? FilterPattern(String(decoding: damaged, as: UTF8.self)) else { continue }
            #expect(pattern.stepCount <= FilterPattern.programLimit)
            _ = pattern.isFound(in: "abcd12x")
        }
    }
}
