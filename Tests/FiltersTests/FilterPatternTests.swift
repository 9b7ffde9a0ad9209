import Testing

@testable import Filters

@Suite struct FilterPatternTests {
    @Test(arguments: [
        ("abc", "xabcx", true), ("^abc$", "abc", true), ("^abc$", "abcd", false), ("a.c", "a\nc", false),
        ("a|b|cd", "cd", true), ("^(a|b)*$", "abba", true), ("^(a|b)*$", "abca", false), ("^a+$", "", false),
        ("^a?b$", "b", true), ("^a{2,3}$", "aa", true), ("^a{2,3}$", "aaaa", false), ("^a{2}$", "aaa", false),
        ("^a{2,}$", "aaaaa", true), ("^a{2,2}$", "aa", true), ("^a{2,2}$", "aaa", false), ("^a{0}b$", "b", true),
        ("[a-c]x", "bx", true), ("[^a-c]x", "bx", false), ("[]]", "]", true),
        ("[a\\]]", "]", true), ("[\\d_]+-", "1_2-", true), ("\\d\\D\\w\\W\\s\\S", "1a_- x", true),
        ("\\.", "a", false), ("(?i)DEBIAN", "debian", true), ("(?i)[a-c]", "B", true), ("(?:ab)+c", "ababc", true),
        ("", "anything", true), ("()*", "x", true), ("(a*)*$", "aaab", true), ("ü", "für", true), ("^.$", "🙂", true),
        ("(a|)+b", "aab", true), ("a.*?b", "axxb", true), ("$^", "", true), ("[a-]", "-", true), ("\\t", "\t", true),
    ])
    func pattern_IsFoundOrNot(pattern: String, text: String, isFound: Bool) throws {
        #expect(try FilterPattern(pattern).isFound(in: text) == isFound)
    }

    @Test(arguments: [
        "(", ")", "[", "[a", "a**", "*", "+a", "a{", "a{2", "a{3,2}", "{2}", "\\", "\\1", "\\b", "(?=a)", "(?<n>a)",
        "[z-a]",
        "[\\d-z]x[", "a++", "(?i", "]",
    ])
    func whatIsNoPattern_IsRefused(pattern: String) {
        #expect(throws: FilterPatternError.self) { try FilterPattern(pattern) }
    }

    @Test(arguments: [
        "a{129}", "(a{20}){20}", "((((){100}){100}){100}){100}a{100}{100}", String(repeating: "(", count: 200),
        String(repeating: "a", count: 257), "a{1000000000}", "(a?){100}(a?){100}",
    ])
    func tooLargePattern_IsRefused(pattern: String) {
        #expect(throws: FilterPatternError.self) { try FilterPattern(pattern) }
    }

    /// One that goes back over what it has read never ends with this text.
    @Test(
        .timeLimit(.minutes(1)),
        arguments: ["^(a+)+$", "^(a|a)*$", "^(a*)*b", "(x+x+)+y", "^(([a-z])+.)+[A-Z]([a-z])+$"])
    func patternThatExplodesElsewhere_IsCheap(pattern: String) throws {
        let compiled = try FilterPattern(pattern)
        _ = compiled.isFound(in: String(repeating: "a", count: 100_000) + "!")
    }
}
