import Rules
import Testing

/// Semantic Versioning 2.0.0, whose own examples are among these.
@Suite struct SemanticVersionTests {
    /// Each before the next.
    private static let ascending = [
        "0.0.0", "0.0.1", "0.9.10", "1.0.0-0", "1.0.0-2", "1.0.0-10", "1.0.0-A", "1.0.0-alpha", "1.0.0-alpha.1",
        "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1", "1.1.0-rc",
        "1.1.0", "1.10.0", "2.0.0", "10.0.0", "9223372036854775807.0.0",
    ]

    @Test func order_IsTotal() throws {
        let versions = Self.ascending.compactMap { SemanticVersion($0) }
        try #require(versions.count == Self.ascending.count)
        for (place, one) in versions.enumerated() {
            for (otherPlace, other) in versions.enumerated() {
                #expect(
                    (one < other) == (place < otherPlace), "\(Self.ascending[place]), \(Self.ascending[otherPlace])")
                #expect((one == other) == (place == otherPlace))
            }
        }
    }

    @Test func build_MeansNothing() throws {
        let plain = try #require(SemanticVersion("1.0.0-rc.1"))
        for text in ["1.0.0-rc.1+5", "1.0.0-rc.1+0.007", "1.0.0-rc.1+a-b.C"] {
            #expect(SemanticVersion(text) == plain)
        }
    }

    @Test(arguments: [
        "", " ", "1", "1.2", "1.2.3.4", "v1.2.3", "01.2.3", "1.02.3", "1.2.03", "1.2.-3", "-1.2.3", "+1.2.3", "1.2.3-",
        "1.2.3+", "1.2.3-a..b", "1.2.3-01", "1.2.3-ä", "1.2.3-a b", " 1.2.3", "1.2.3 ", "1.2.3\n", "a.b.c", "1..3",
        "1.2.3+a+b", "1.2.3+a..b", "9223372036854775808.0.0", "1.2.3-9223372036854775808", "١.2.3",
        "1.2.3-" + String(repeating: "a", count: 250),
    ]) func whatIsNoVersion_IsRefused(text: String) {
        #expect(SemanticVersion(text) == nil)
    }

    @Test(arguments: [
        "1.2.3--", "1.2.3-0a", "1.2.3-a-b.c", "1.2.3-" + String(repeating: "a", count: 249), "0.0.0-0+0",
    ]) func unusualVersion_IsRead(text: String) {
        #expect(SemanticVersion(text) != nil)
    }
}
