internal import Encoding

/// Failed pairings of a device, whichever hub they were with: an attacker can show many
/// (docs/protocols/secure-pairing.md section 7). On disk, so that a restart gives no fresh guesses.
struct PairingCounter: Sendable, Equatable {
    /// Failures after which nothing is tried before a power cycle or a press of the button.
    static let limit = 20
    private static let longestPause: Int64 = 3600

    private(set) var failures = 0
    /// Unix seconds.
    private var failedAt: Int64 = 0
    /// The system's start in which the last failure happened.
    private var bootID = ""

    init() {}

    init(parsing bytes: [UInt8]) throws(MessageError) {
        let document = try JSONValue(parsing: bytes)
        failures = min(max(document["failures"]?.integer.map { Int(clamping: $0) } ?? 0, 0), Self.limit)
        failedAt = document["failedAt"]?.integer ?? 0
        bootID = document["bootID"]?.string ?? ""
    }

    func encoded() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("failures", Int64(failures))
            writer.member("failedAt", failedAt)
            writer.member("bootID", bootID)
        }
        return writer.bytes
    }

    /// Seconds until the next attempt may be made, 0 for now; `nil` when there is none before a power cycle.
    func pause(now: Int64, bootID: String) -> Int64? {
        guard failures > 0 else { return 0 }
        if failures >= Self.limit, bootID == self.bootID { return nil }
        let pause = min(Self.longestPause, 1 << Int64(min(failures - 1, 20)))
        // A clock that was set back must not make the pause longer than it is.
        return min(pause, max(0, failedAt + pause - now))
    }

    mutating func fail(now: Int64, bootID: String) {
        failures = min(failures + 1, Self.limit)
        failedAt = now
        self.bootID = bootID
    }
}
