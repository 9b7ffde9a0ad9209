/// Pauses between tries to reach the tunnel proxy, with a share of chance so that a hub that comes back is not met by
/// all devices at once: 5 s at most for some minutes, so that a device is back soon after its hub, then twice as long
/// each time.
struct TunnelPause {
    private var failures = 0
    /// Connections in a row that ended as soon as they were up: of two programs that run as the same device, each takes
    /// the other's place.
    private var brief = 0

    /// A connection that lasted less is brief.
    private static let briefLimit: Duration = .seconds(30)

    /// Whether so many tries failed that the proxy may be elsewhere.
    var isLong: Bool { failures >= 3 }

    /// The last try got through.
    mutating func wasUp(for lasted: Duration) {
        failures = 0
        brief = lasted < Self.briefLimit ? brief + 1 : 0
    }

    /// The proxy is there and knows the device: only its former connection must go, which takes no longer the more
    /// often we ask.
    mutating func placeWasTaken() {
        failures = 0
    }

    /// - Parameter jitter: 0 to 1.
    mutating func next(jitter: Double) -> Duration {
        let longest = max(Self.longest(afterFailures: failures), Self.longest(afterBrief: brief))
        failures += 1
        return .milliseconds(Int(longest * (0.3 + 0.7 * jitter)))
    }

    /// The first three are within 5 s: a hub that restarts is away for a second or two.
    private static func longest(afterFailures count: Int) -> Double {
        switch count {
        case ..<3: 1500
        case ..<90: 5000
        default: min(60_000, 5000 * Double(1 << min(count - 89, 4)))
        }
    }

    private static func longest(afterBrief count: Int) -> Double {
        count < 4 ? 0 : min(60_000, 1500 * Double(1 << min(count - 3, 6)))
    }
}
