/// Which known name somebody meant who wrote an unknown one.
enum NearestName {
    /// The name that takes the fewest changes of a character, capitals aside; `nil` when more than a third of it would
    /// have to change.
    static func find(_ text: String, among known: some Sequence<String>) -> String? {
        let wanted = Array(text.lowercased().utf8.prefix(128))
        let best = known.map { (name: $0, distance: distance(wanted, Array($0.lowercased().utf8))) }
            .min { ($0.distance, $0.name) < ($1.distance, $1.name) }
        guard let best, best.distance <= max(2, wanted.count / 3) else { return nil }
        return best.name
    }

    /// What to do about an unknown name.
    static func advice(_ text: String, among known: some Sequence<String>) -> String {
        find(text, among: known).map { "did you mean \($0)?" } ?? "hubd --help lists them"
    }

    /// Insertions, removals and exchanges that turn one into the other.
    private static func distance(_ one: [UInt8], _ other: [UInt8]) -> Int {
        var previous = Array(0...other.count)
        for (row, byte) in one.enumerated() {
            var next = [row + 1]
            for (column, candidate) in other.enumerated() {
                let exchanged = previous[column] + (byte == candidate ? 0 : 1)
                next.append(min(exchanged, previous[column + 1] + 1, next[column] + 1))
            }
            previous = next
        }
        return previous[other.count]
    }
}
