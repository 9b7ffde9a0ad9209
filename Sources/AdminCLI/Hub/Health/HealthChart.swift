internal import AdminAPI
internal import Encoding

/// A metric over time as lines of text: bars, the highest value of their time each, with a scale on the left.
struct HealthChart {
    /// What is drawn, and how its scale ends; `nil` for a scale by the values.
    struct Subject: Sendable, Equatable {
        let metric: String
        let title: String
        let top: Double?
    }

    static let subjects = [
        Subject(metric: "cpu_usage_percent", title: "CPU %", top: 100),
        Subject(metric: "mem_used_percent", title: "memory %", top: 100),
        Subject(metric: "disk_used_percentage", title: "disk %", top: 100),
        Subject(metric: "load_1min", title: "load, 1 min", top: nil),
    ]

    /// The time that is drawn, Unix seconds; the end is in it.
    let span: ClosedRange<Int64>
    /// Columns of the whole chart.
    let columns: Int
    /// Whether the terminal shows other characters than those of ASCII.
    let isUnicode: Bool

    private static let rows = 4
    private static let labelWidth = 7
    private static let levels: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

    private var width: Int { max(columns - Self.labelWidth - 2, 10) }

    /// The chart of one subject; `nil` when there is no sample of it.
    func lines(_ subject: Subject, _ samples: [AdminHealthSample]) -> [String]? {
        let points = samples.compactMap { sample -> (at: Int64, value: Double)? in
            guard let value = sample.metrics[subject.metric], let at = RFC3339.seconds(Array(sample.at.utf8)[...]),
                span.contains(at)
            else { return nil }
            return (at, value)
        }
        guard let last = points.last else { return nil }
        let values = points.map(\.value)
        let (low, high) = (values.min() ?? 0, values.max() ?? 0)
        let top = Self.top(max(high, 0), subject.top)
        let bars = bars(points)
        let head = "\(subject.title): now \(Self.text(last.value)), \(Self.text(low)) to \(Self.text(high))"
        let drawn = (0..<Self.rows).reversed().map { row in
            let label = row == Self.rows - 1 ? Self.text(top) : row == 0 ? "0" : ""
            let mark = isUnicode ? (label.isEmpty ? "│" : "┤") : "|"
            return Self.pad(label) + " " + mark + String(bars.map { cell($0, row: row, top: top) })
        }
        return [head] + drawn.map(Self.trimmed) + [axis()]
    }

    /// The highest value of each column's time; `nil` where there is none.
    private func bars(_ points: [(at: Int64, value: Double)]) -> [Double?] {
        var bars = [Double?](repeating: nil, count: width)
        for point in points {
            let column = column(of: point.at)
            bars[column] = max(bars[column] ?? point.value, point.value)
        }
        return bars
    }

    private func column(of at: Int64) -> Int {
        let length = max(span.upperBound - span.lowerBound, 1)
        return min(Int((at - span.lowerBound) * Int64(width) / length), width - 1)
    }

    /// One character of a bar. The lowest row is never empty where there is a value.
    private func cell(_ value: Double?, row: Int, top: Double) -> Character {
        guard let value else { return " " }
        let steps = isUnicode ? Self.levels.count : 2
        let filled = Int((min(max(value, 0), top) / top * Double(steps * Self.rows)).rounded())
        let level = min(max(filled, 1) - row * steps, steps)
        guard level > 0 else { return " " }
        return isUnicode ? Self.levels[level - 1] : level == 1 ? "." : "#"
    }

    // MARK: - Time

    /// Times under the bars: days, or hours when few of them are drawn.
    private func axis() -> String {
        var line = [Character](repeating: " ", count: Self.labelWidth + 2 + width)
        var free = Self.labelWidth + 1
        var before: (date: String, hour: Int)?
        for column in 0..<width {
            let moment = Self.moment(start(of: column))
            defer { before = moment }
            guard let moment, let before, let label = label(moment, before) else { continue }
            let place = Self.labelWidth + 2 + column
            guard place >= free, place + label.count <= line.count else { continue }
            line.replaceSubrange(place..<(place + label.count), with: Array(label))
            free = place + label.count + 1
        }
        return Self.trimmed(String(line))
    }

    /// What stands where the time of a column differs from that of the one before.
    private func label(_ moment: (date: String, hour: Int), _ before: (date: String, hour: Int)) -> String? {
        if moment.date != before.date { return "\(tick)\(moment.date.dropFirst(5))" }
        let length = span.upperBound - span.lowerBound
        guard length <= 48 * 3600 else { return nil }
        let step = length <= 6 * 3600 ? 1 : length <= 24 * 3600 ? 4 : 8
        guard moment.hour / step != before.hour / step else { return nil }
        return "\(tick)\(moment.hour / step * step):00"
    }

    private var tick: String { isUnicode ? "└" : "'" }

    private func start(of column: Int) -> Int64 {
        span.lowerBound + Int64(column) * (span.upperBound - span.lowerBound) / Int64(width)
    }

    /// Date and hour, UTC as the other times of devices.
    private static func moment(_ seconds: Int64) -> (date: String, hour: Int)? {
        let parts = RFC3339.text(seconds).split(separator: "T")
        guard parts.count == 2, let hour = Int(parts[1].prefix(2)) else { return nil }
        return (String(parts[0]), hour)
    }

    // MARK: - Numbers

    /// Where the scale ends: as the subject says, or a round number that no value is above.
    static func top(_ high: Double, _ top: Double?) -> Double {
        if let top, high <= top { return top }
        guard high > 0 else { return 1 }
        var step = 1.0
        while step * 10 <= high { step *= 10 }
        while step > high, step > 1e-6 { step /= 10 }
        return [1, 2, 5].map { $0 * step }.first { $0 >= high } ?? 10 * step
    }

    /// With one decimal where it has any.
    static func text(_ value: Double) -> String {
        let rounded = (value * 10).rounded() / 10
        if abs(rounded) < 1e15, let whole = Int64(exactly: rounded) { return "\(whole)" }
        return "\(rounded)"
    }

    private static func pad(_ label: String) -> String {
        String(repeating: " ", count: max(0, labelWidth - label.count)) + label
    }

    private static func trimmed(_ line: String) -> String {
        var line = line
        while line.last == " " { line.removeLast() }
        return line
    }
}
