import Rules
import Testing

/// docs/protocols/device-link.md 8.1: which versions a rollout is for.
@Suite struct VersionRequirementTests {
    /// Requirement, versions it means, versions it does not mean.
    private static let table: [(String, good: [String], bad: [String])] = [
        ("1.2.3", ["1.2.3", "1.2.3+b"], ["1.2.4", "1.2.3-rc", "0.0.0"]),
        ("== 1.2.3", ["1.2.3"], ["1.2.2"]),
        ("==1.2.3-rc.1", ["1.2.3-rc.1"], ["1.2.3", "1.2.3-rc.2"]),
        ("!= 1.2.3", ["1.2.4", "1.2.3-rc", "0.1.0"], ["1.2.3", "1.2.3+x"]),
        ("> 1.2.3", ["1.2.4", "2.0.0"], ["1.2.3", "1.2.2", "1.2.4-rc"]),
        (">= 1.2.3", ["1.2.3", "1.2.4"], ["1.2.2", "1.2.3-rc", "2.0.0-rc"]),
        ("< 1.2.3", ["1.2.2", "0.0.0"], ["1.2.3", "1.2.3-rc", "1.2.4"]),
        ("<= 1.2.3", ["1.2.3", "1.2.2"], ["1.2.4", "1.2.2-rc"]),
        ("~> 1.2", ["1.2.0", "1.2.9", "1.9.0"], ["1.1.9", "2.0.0", "2.0.0-rc", "0.2.0", "1.3.0-rc"]),
        ("~> 1.2.3", ["1.2.3", "1.2.9"], ["1.2.2", "1.3.0", "2.2.3", "1.2.4-rc", "1.3.0-rc"]),
        ("~> 1.2.3-rc.1", ["1.2.3-rc.1", "1.2.3-rc.2", "1.2.3", "1.2.4"], ["1.2.3-rc.0", "1.3.0", "1.3.0-rc"]),
        (">= 1.0.0-rc.1 and < 2.0.0", ["1.0.0-rc.1", "1.0.0-rc.2", "1.5.0"], ["1.0.0-rc.0", "2.0.0"]),
        (">= 1.0.0 and < 2.0.0", ["1.0.0", "1.9.9"], ["0.9.9", "2.0.0", "1.5.0-rc"]),
        // `and` binds tighter.
        ("== 0.1.0 or >= 1.0.0 and < 2.0.0", ["0.1.0", "1.0.0"], ["0.2.0", "2.0.0"]),
        (">= 1.0.0 and < 2.0.0 or == 3.0.0", ["1.0.0", "3.0.0"], ["2.0.0", "3.0.1"]),
        ("1.0.0 or 2.0.0 or 3.0.0", ["1.0.0", "2.0.0", "3.0.0"], ["4.0.0"]),
        ("  >=1.0.0   and   !=1.5.0 ", ["1.0.0", "1.5.1"], ["1.5.0", "0.9.0"]),
        ("~>1.2", ["1.2.0"], ["2.0.0"]),
    ]

    @Test func versions_AreMeantAsTheTableSays() throws {
        for (text, good, bad) in Self.table {
            let requirement = try #require(VersionRequirement(text), "\(text)")
            for version in good { #expect(requirement.matches(version), "\(text): \(version)") }
            for version in bad { #expect(!requirement.matches(version), "\(text): \(version)") }
            for version in [nil, "", "1.2", "latest"] { #expect(!requirement.matches(version), "\(text)") }
        }
    }

    @Test(arguments: ["", " "]) func emptyRequirement_MeansEveryDevice(text: String) throws {
        let requirement = try #require(VersionRequirement(text))
        for version in [nil, "", "latest", "1.0.0-rc", "1.0.0"] { #expect(requirement.matches(version)) }
    }

    @Test(arguments: [
        "1", "1.2", "== 1.2", "> 1.2", ">= 1", "~> 1", "~> 1.2-rc", "=> 1.2.3", "= 1.2.3", "> > 1.2.3", ">", "~>",
        "and", "or", "1.2.3 and", "and 1.2.3", "1.2.3 or", "1.2.3 1.2.4", "1.2.3 and and 1.2.4", "1.2.3 AND 1.2.4",
        "1.2.3, 1.2.4", "1.2.3 && 1.2.4", "(1.2.3)", "not 1.2.3", "v1.2.3", "1.2.3\n", "1.2.3\tor 1.2.4",
        "1.2.3 or " + String(repeating: "1.2.3 or ", count: 15) + "1.2.3", String(repeating: " ", count: 256),
    ]) func whatIsNoRequirement_IsRefused(text: String) {
        #expect(VersionRequirement(text) == nil)
    }

    /// What the shorthand means is written out in the specification.
    @Test func about_IsTheRangeItStandsFor() throws {
        for (short, long) in [("~> 1.2", ">= 1.2.0 and < 2.0.0"), ("~> 1.2.3", ">= 1.2.3 and < 1.3.0")] {
            let one = try #require(VersionRequirement(short))
            let other = try #require(VersionRequirement(long))
            for major in 0...3 {
                for minor in 0...4 {
                    for patch in 0...4 {
                        for end in ["", "-rc", "+b"] {
                            let version = "\(major).\(minor).\(patch)\(end)"
                            #expect(one.matches(version) == other.matches(version), "\(short): \(version)")
                        }
                    }
                }
            }
        }
    }
}
