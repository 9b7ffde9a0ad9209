internal import Issuing

/// Spans of time as people write them: `90m`, `12h`, `30d`.
enum TimeSpan {
    private static let units: [(letter: Character, seconds: Int64)] = [("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)]

    /// Seconds; `nil` for anything else.
    static func seconds(_ text: String) -> Int64? {
        guard let unit = units.first(where: { $0.letter == text.last }), let number = Int64(text.dropLast()),
            (0...1_000_000_000).contains(number)
        else { return nil }
        return number * unit.seconds
    }

    /// In the largest unit that needs no fraction.
    static func text(_ seconds: Int64) -> String {
        let unit = units.first { seconds >= $0.seconds && seconds.isMultiple(of: $0.seconds) } ?? ("s", 1)
        return "\(seconds / unit.seconds)\(unit.letter)"
    }
}

extension GracePolicy {
    /// Adds `30d`, `30d:approval`, `lamp=30d` or `lamp=30d:approval`; answers what is wrong with it.
    mutating func add(_ text: String) -> String? {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        let rule = (parts.last ?? "").split(separator: ":").map(String.init)
        guard let span = rule.first, let seconds = TimeSpan.seconds(span), seconds <= Issuer.graceLimit,
            rule.count == 1 || rule[1...] == ["approval"]
        else { return "must be TIME or TYPE=TIME, such as 30d or lamp=90d:approval, at most 400d" }
        let made = Rule(seconds: seconds, needsApproval: rule.count > 1)
        if parts.count == 2 { byType[parts[0]] = made } else { standard = made }
        return nil
    }

    /// As the configuration writes it.
    var text: String {
        let all =
            (standard.seconds > 0 ? [("", standard)] : [])
            + byType.sorted { $0.key < $1.key }.map { ($0.key + "=", $0.value) }
        return all.map { name, rule in
            name + TimeSpan.text(rule.seconds) + (rule.needsApproval ? ":approval" : "")
        }.joined(separator: ",")
    }
}
