internal import CoSigning
internal import HTTPTypes
internal import HubHTTP
internal import Journal

/// Bounds what strangers make the hub verify: a signature costs ten times what it costs to send one.
package struct TokenFailures: Sendable {
    private let budget = RateBudget(burst: 30)
    private let steady: @Sendable () -> Int64

    /// Seconds after which an address may fail once more.
    private static let interval: Int64 = 2

    /// - Parameter steady: seconds of a clock that nobody sets.
    package init(steady: @escaping @Sendable () -> Int64) {
        self.steady = steady
    }

    /// - Throws: 429 for an address that has failed too often.
    func check(_ requester: Requester) throws {
        guard !Self.isOnThisMachine(requester) else { return }
        if let seconds = budget.wait(requester.address, interval: Self.interval, now: steady()) {
            throw TooMany(seconds: seconds)
        }
    }

    /// Who runs programs here can take the processor without asking.
    private static func isOnThisMachine(_ requester: Requester) -> Bool {
        requester.address == "local" || requester.address == "::1" || requester.address.hasPrefix("127.")
    }

    /// Counts what only somebody without the key causes.
    func note(_ refusal: CoSignRefusal, _ requester: Requester) {
        guard [.unauthenticated, .badSignature, .unknownServer].contains(refusal) else { return }
        guard !Self.isOnThisMachine(requester) else { return }
        _ = budget.take(requester.address, interval: Self.interval, now: steady())
    }
}
