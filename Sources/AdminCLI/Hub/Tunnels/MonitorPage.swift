internal import AdminAPI

/// The tunnel server on a terminal of some size: what it is about stays, the list is cut.
struct MonitorPage {
    /// Rows below which the sums share one line.
    private static let smallest = 14

    let look: AdminTunnels
    /// What else there is to say, in the last line: that the hub does not answer.
    var note: String?
    /// When it was so, for the last line.
    let time: String

    /// Sums as lines, for output that is as long as it likes.
    static func sums(_ look: AdminTunnels) -> String {
        let counts = Dictionary(grouping: look.tunnels, by: \.role).mapValues(\.count)
        return Output.pairs([
            "servers": "\(counts["server"] ?? 0)", "clients": "\(counts["client"] ?? 0)",
            "rendezvous": "\((counts["joined"] ?? 0) / 2), \(counts["waiting"] ?? 0) waiting",
            "throughput": "\(TunnelTable.size(look.bytesPerSecond))/s",
            "since the start":
                "\(look.totalConnections) connections, \(look.totalTunnels) tunnels, \(TunnelTable.size(look.totalBytes)), \(look.refused) refused",
        ])
    }

    /// As many lines as the terminal has rows, at most; not yet cut to its width.
    func lines(rows: Int) -> [String] {
        let head = rows < Self.smallest ? [shortSums] : Self.sums(look).split(separator: "\n").map(String.init) + [""]
        // One row for the titles, one for the last line.
        let room = max(0, rows - head.count - 2)
        let shown = Array(look.tunnels.prefix(room))
        let table = TunnelTable.text(shown).split(separator: "\n").map(String.init)
        let more = look.tunnels.count - shown.count
        let body = Array((head + table).prefix(max(1, rows - 1)))
        let blank = [String](repeating: "", count: max(0, rows - 1 - body.count))
        return Array((body + blank + [foot(more)]).prefix(rows))
    }

    private var shortSums: String {
        let counts = Dictionary(grouping: look.tunnels, by: \.role).mapValues(\.count)
        return "servers \(counts["server"] ?? 0)  clients \(counts["client"] ?? 0)"
            + "  rendezvous \((counts["joined"] ?? 0) / 2)  \(TunnelTable.size(look.bytesPerSecond))/s"
    }

    private func foot(_ more: Int) -> String {
        var parts = ["q ends"]
        if more > 0 { parts.append("\(more) more") }
        parts.append(note.map(Terminal.plain) ?? time)
        return parts.joined(separator: "  ")
    }
}
