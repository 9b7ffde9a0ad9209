internal import Synchronization

/// A bar with rate and remaining time on a watched terminal.
final class TransferProgress: Sendable {
    private let total: Int?
    private let isShown: Bool
    private let begin: Int
    private let started = ContinuousClock.now
    private let last = Mutex<ContinuousClock.Instant?>(nil)

    /// - Parameter begin: bytes that were there before: they count for the bar, not for the rate.
    init(total: Int?, isShown: Bool, begin: Int = 0) {
        self.total = total
        self.begin = begin
        self.isShown = isShown
    }

    /// Shows how many bytes were taken, ten times a second at most.
    func update(_ bytes: Int) {
        guard isShown else { return }
        let now = ContinuousClock.now
        let isDue = last.withLock { last in
            guard last.map({ now - $0 > .milliseconds(100) }) ?? true else { return false }
            last = now
            return true
        }
        guard isDue else { return }
        let seconds = max(
            0.001, Double((now - started).components.attoseconds) / 1e18 + Double((now - started).components.seconds))
        let rate = Double(bytes - begin) / seconds
        let speed = "\(Self.tenths(rate / 1e6)) MB/s"
        guard let total, total > 0 else { return Terminal.progress("\(Self.tenths(Double(bytes) / 1e6)) MB  \(speed)") }
        let share = min(1, Double(bytes) / Double(total))
        let filled = Int(share * 30)
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: 30 - filled)
        let remaining = Int((Double(total - bytes) / max(rate, 1)).rounded(.up))
        Terminal.progress("[\(bar)] \(Int(share * 100)) %  \(speed)  \(remaining) s left")
    }

    /// Takes the bar away.
    func finish() {
        if isShown { Terminal.progress("") }
    }

    private static func tenths(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
