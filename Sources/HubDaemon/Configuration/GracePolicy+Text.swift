internal import Encoding
internal import Issuing

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
