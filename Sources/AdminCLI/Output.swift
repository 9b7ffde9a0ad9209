internal import Encoding
internal import FoundationEssentials

/// A command's result: text for people, or one JSON document.
enum Output {
    static func show(_ value: some Encodable, json: Bool, text: () -> String) throws {
        guard json else { return Terminal.print(text()) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try write(value, encoder)
    }

    /// The same for a document whose numbers must keep every digit: ``JSONEncoder`` has no integers beyond 64 bits.
    static func show(exactly value: JSONValue, json: Bool, text: () -> String) {
        Terminal.print(json ? PlainText.json(String(decoding: value.encoded(), as: UTF8.self)) : text())
    }

    /// One line of JSON, for results that come one after the other.
    static func line(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try write(value, encoder)
    }

    /// Escaped on every output, not on a terminal alone: what was kept in a file may be shown later.
    private static func write(_ value: some Encodable, _ encoder: JSONEncoder) throws {
        Terminal.print(PlainText.json(String(decoding: try encoder.encode(value), as: UTF8.self)))
    }

    /// Names and values, one a line; empty values are left out.
    static func pairs(_ pairs: KeyValuePairs<String, String?>) -> String {
        Self.pairs(pairs.map { ($0.key, $0.value) })
    }

    static func pairs(_ pairs: [(name: String, value: String?)]) -> String {
        let width = pairs.map { $0.name.count }.max() ?? 0
        return pairs.compactMap { name, value in
            guard let value, !value.isEmpty else { return nil }
            return name + String(repeating: " ", count: width - name.count + 2) + Terminal.plain(value)
        }.joined(separator: "\n")
    }

    /// A table with a line of titles; a last column is not padded.
    static func table(_ titles: [String], _ rows: [[String?]], empty: String) -> String {
        guard !rows.isEmpty else { return empty }
        let cells = [titles] + rows.map { $0.map { $0.map(Terminal.plain) ?? "-" } }
        let widths = titles.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
        return cells.map { row in
            row.indices.map { column in
                column == row.count - 1
                    ? row[column] : row[column] + String(repeating: " ", count: widths[column] - row[column].count)
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}
