/// A version as Semantic Versioning 2.0.0 has it: `1.2.3`, `1.2.3-rc.1`, `1.2.3+build`.
package struct SemanticVersion: Sendable, Hashable, Comparable {
    /// A part of a pre-release.
    enum Identifier: Sendable, Hashable {
        case number(Int64)
        case text(String)
    }

    let major: Int64
    let minor: Int64
    let patch: Int64
    /// Empty for a release.
    let preRelease: [Identifier]

    /// Longest text that is read, in bytes.
    package static let limit = 255

    /// Reads all three numbers; `nil` for anything else. What stands behind `+` is checked and means nothing.
    package init?(_ text: String) {
        self.init(text, numbers: 3...3)
    }

    /// - Parameter numbers: how many of the three may be given; those left out are 0, and have no pre-release then.
    init?(_ text: String, numbers: ClosedRange<Int>) {
        guard text.utf8.count <= Self.limit else { return nil }
        let built = text.split(separator: "+", maxSplits: 1, omittingEmptySubsequences: false)
        if built.count == 2, !Self.identifiers(built[1]).allSatisfy(Self.isIdentifier) { return nil }
        let parts = built[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let core = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        let values = core.compactMap(Self.number)
        guard numbers.contains(core.count), values.count == core.count else { return nil }
        guard core.count == 3 || (parts.count == 1 && built.count == 1) else { return nil }
        (major, minor) = (values[0], values.count > 1 ? values[1] : 0)
        patch = values.count > 2 ? values[2] : 0
        guard parts.count == 2 else {
            preRelease = []
            return
        }
        let found = Self.identifiers(parts[1]).map(Self.identifier)
        guard found.allSatisfy({ $0 != nil }) else { return nil }
        preRelease = found.compactMap(\.self)
    }

    /// The order of Semantic Versioning: a pre-release comes before its release.
    package static func < (one: SemanticVersion, other: SemanticVersion) -> Bool {
        let (mine, theirs) = ((one.major, one.minor, one.patch), (other.major, other.minor, other.patch))
        guard mine == theirs else { return mine < theirs }
        guard !one.preRelease.isEmpty, !other.preRelease.isEmpty else {
            return !one.preRelease.isEmpty && other.preRelease.isEmpty
        }
        for (part, against) in zip(one.preRelease, other.preRelease) where part != against {
            return isBefore(part, against)
        }
        return one.preRelease.count < other.preRelease.count
    }

    /// Numbers come before texts; texts are compared by their bytes.
    private static func isBefore(_ one: Identifier, _ other: Identifier) -> Bool {
        switch (one, other) {
        case (.number(let one), .number(let other)): one < other
        case (.number, .text): true
        case (.text, .number): false
        case (.text(let one), .text(let other)): one.utf8.lexicographicallyPrecedes(other.utf8)
        }
    }

    private static func identifiers(_ text: Substring) -> [Substring] {
        text.split(separator: ".", omittingEmptySubsequences: false)
    }

    private static func isIdentifier(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { isDigit($0) || isLetter($0) || $0 == 0x2D }
    }

    private static func identifier(_ text: Substring) -> Identifier? {
        guard isIdentifier(text) else { return nil }
        guard text.utf8.allSatisfy(isDigit) else { return .text(String(text)) }
        return number(text).map(Identifier.number)
    }

    /// Plain decimal without leading zeros, as far as it fits.
    private static func number(_ text: Substring) -> Int64? {
        guard !text.isEmpty, text.utf8.allSatisfy(isDigit), text == "0" || text.utf8.first != 0x30 else { return nil }
        return Int64(text)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    private static func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte & 0xDF) }
}
