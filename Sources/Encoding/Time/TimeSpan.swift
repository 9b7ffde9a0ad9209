/// Spans of time as people write them: `90m`, `12h`, `30d`.
package enum TimeSpan {
    private static let units: [(letter: Character, seconds: Int64)] = [("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)]

    /// Seconds; `nil` for anything else.
    package static func seconds(_ text: String) -> Int64? {
        let digits = text.dropLast()
        guard let unit = units.first(where: { $0.letter == text.last }),
            digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int64(digits), number <= 1_000_000_000
        else { return nil }
        return number * unit.seconds
    }

    /// In the largest unit that needs no fraction.
    package static func text(_ seconds: Int64) -> String {
        let unit = units.first { seconds >= $0.seconds && seconds.isMultiple(of: $0.seconds) } ?? ("s", 1)
        return "\(seconds / unit.seconds)\(unit.letter)"
    }

    /// The moment a person names: a time of RFC 3339, the beginning of a day (`2027-01-31`, UTC), or a span before now;
    /// Unix seconds, `nil` for anything else.
    package static func moment(_ text: String, now: Int64) -> Int64? {
        if let span = seconds(text) { return now - span }
        let bytes = Array(text.utf8)
        guard let moment = RFC3339.seconds(bytes[...]) else { return nil }
        // A day alone means its end there.
        return bytes.count == 10 ? moment - 86_399 : moment
    }
}
