package import CoreMetrics
internal import Synchronization

/// Collects what the hub measures and writes it as Prometheus text (exposition format 0.0.4).
///
/// Counters, gauges and sums are kept by name and labels. Labels come from our own code (routes, states), never from a
/// request, so strangers can't invent series; a bound guards that all the same.
package final class MetricsText: MetricsFactory {
    private struct Key: Hashable {
        let name: String
        let labels: String
    }

    private static let seriesLimit = 4096
    private let series = Mutex<[Key: Series]>([:])

    package init() {}

    /// All series as text, sorted by name.
    package var text: String {
        let all = series.withLock { Array($0) }.sorted { ($0.key.name, $0.key.labels) < ($1.key.name, $1.key.labels) }
        var text = ""
        var described: Set<String> = []
        for (key, value) in all {
            if described.insert(key.name).inserted { text += "# TYPE \(key.name) \(value.kind.rawValue)\n" }
            text += value.lines(name: key.name, labels: key.labels)
        }
        return text
    }

    private func series(_ label: String, _ dimensions: [(String, String)], _ kind: Series.Kind) -> Series {
        let name = String(label.map { $0.isLetter || $0.isNumber || $0 == "_" || $0 == ":" ? $0 : "_" })
        let labels = dimensions.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
        return series.withLock { all in
            if let known = all[Key(name: name, labels: labels)], known.kind == kind { return known }
            let made = Series(kind: kind)
            if all.count < Self.seriesLimit { all[Key(name: name, labels: labels)] = made }
            return made
        }
    }

    private static func escaped(_ value: String) -> String {
        value.map { $0 == "\"" ? "\\\"" : $0 == "\\" ? "\\\\" : $0 == "\n" ? "\\n" : String($0) }.joined()
    }

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, dimensions, .counter)
    }

    package func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        series(label, dimensions, aggregate ? .summary : .gauge)
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(label, dimensions, .summary)
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, dimensions, .gauge)
    }

    /// Series live as long as the hub.
    package func destroyCounter(_ handler: any CounterHandler) {}
    /// Series live as long as the hub.
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    /// Series live as long as the hub.
    package func destroyTimer(_ handler: any TimerHandler) {}
    /// Series live as long as the hub.
    package func destroyMeter(_ handler: any MeterHandler) {}
}

/// One series: a number, or a sum with its count.
private final class Series: CounterHandler, RecorderHandler, TimerHandler, MeterHandler {
    enum Kind: String {
        case counter, gauge, summary
    }

    let kind: Kind
    private let value = Mutex((sum: 0.0, count: 0))

    init(kind: Kind) {
        self.kind = kind
    }

    func lines(name: String, labels: String) -> String {
        let now = value.withLock { $0 }
        let suffix = labels.isEmpty ? "" : "{\(labels)}"
        guard kind == .summary else { return "\(name)\(suffix) \(Self.number(now.sum))\n" }
        return "\(name)_sum\(suffix) \(Self.number(now.sum))\n\(name)_count\(suffix) \(now.count)\n"
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
    }

    func increment(by amount: Int64) {
        value.withLock { $0.sum += Double(amount) }
    }

    func reset() {
        value.withLock { $0 = (0, 0) }
    }

    func record(_ amount: Int64) {
        record(Double(amount))
    }

    func record(_ amount: Double) {
        value.withLock { $0 = kind == .gauge ? (amount, 1) : ($0.sum + amount, $0.count + 1) }
    }

    /// Durations are shown in seconds, as Prometheus wants.
    func recordNanoseconds(_ duration: Int64) {
        record(Double(duration) / 1e9)
    }

    func set(_ amount: Int64) {
        value.withLock { $0.sum = Double(amount) }
    }

    func set(_ amount: Double) {
        value.withLock { $0.sum = amount }
    }

    func increment(by amount: Double) {
        value.withLock { $0.sum += amount }
    }

    func decrement(by amount: Double) {
        value.withLock { $0.sum -= amount }
    }
}
