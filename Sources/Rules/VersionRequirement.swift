/// What the version on a device must be, as NervesHub writes it (docs/protocols/device-link.md 8.1): `>= 1.2.0 and
/// < 2.0.0 or == 3.0.0`, `~> 1.2`. Empty means any.
package struct VersionRequirement: Sendable, Equatable {
    private enum Operator: String, CaseIterable {
        case notEqual = "!="
        case equal = "=="
        case atLeast = ">="
        case atMost = "<="
        case about = "~>"
        case above = ">"
        case below = "<"

        var isRange: Bool { self != .equal && self != .notEqual }
    }

    private struct Comparison: Equatable {
        let sign: Operator
        let version: SemanticVersion
        /// Whether only major and minor were given, which `~>` reads as "this major".
        let isShort: Bool

        func holds(_ other: SemanticVersion) -> Bool {
            switch sign {
            case .equal: other == version
            case .notEqual: other != version
            case .above: other > version
            case .atLeast: other >= version
            case .below: other < version
            case .atMost: other <= version
            case .about:
                other >= version && other.major == version.major && (isShort || other.minor == version.minor)
            }
        }
    }

    /// Any of these, all of whose comparisons hold; none for any version.
    private let alternatives: [[Comparison]]

    /// Comparisons in one requirement at most.
    private static let comparisonLimit = 16

    /// Reads one; `nil` for what is none.
    package init?(_ text: String) {
        guard text.utf8.count <= SemanticVersion.limit else { return nil }
        let words = Self.words(text)
        guard !words.isEmpty else {
            alternatives = []
            return
        }
        var read: [[Comparison]] = []
        for alternative in words.split(separator: "or", omittingEmptySubsequences: false) {
            var comparisons: [Comparison] = []
            for part in alternative.split(separator: "and", omittingEmptySubsequences: false) {
                guard let comparison = Self.comparison(Array(part)) else { return nil }
                comparisons.append(comparison)
            }
            read.append(comparisons)
        }
        guard read.reduce(0, { $0 + $1.count }) <= Self.comparisonLimit else { return nil }
        alternatives = read
    }

    /// Whether a device with this version is meant; `nil` for one that says none.
    ///
    /// A version that is not semantic matches only the empty requirement. A pre-release is within a range only when the
    /// range names one: who writes `>= 1.0.0` does not mean `1.1.0-test`.
    package func matches(_ version: String?) -> Bool {
        guard !alternatives.isEmpty else { return true }
        guard let version = version.flatMap({ SemanticVersion($0) }) else { return false }
        return alternatives.contains { comparisons in
            let isPlainRange =
                comparisons.contains(where: \.sign.isRange) && comparisons.allSatisfy(\.version.preRelease.isEmpty)
            guard version.preRelease.isEmpty || !isPlainRange else { return false }
            return comparisons.allSatisfy { $0.holds(version) }
        }
    }

    /// Signs, versions and the words between them.
    private static func words(_ text: String) -> [String] {
        text.split(separator: " ").flatMap { word -> [String] in
            guard Operator(rawValue: String(word)) == nil else { return [String(word)] }
            for sign in Operator.allCases where word.hasPrefix(sign.rawValue) {
                return [sign.rawValue, String(word.dropFirst(sign.rawValue.count))]
            }
            return [String(word)]
        }
    }

    private static func comparison(_ words: [String]) -> Comparison? {
        let sign: Operator?
        switch words.count {
        case 1: sign = .equal
        case 2: sign = Operator(rawValue: words[0])
        default: return nil
        }
        guard let sign, let text = words.last else { return nil }
        if let version = SemanticVersion(text) { return Comparison(sign: sign, version: version, isShort: false) }
        guard sign == .about, let version = SemanticVersion(text, numbers: 2...2) else { return nil }
        return Comparison(sign: sign, version: version, isShort: true)
    }
}
