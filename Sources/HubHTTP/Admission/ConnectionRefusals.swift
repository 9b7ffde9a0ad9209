package import Logging
package import Metrics
internal import Synchronization

/// Counts connections that were refused at accept: a metric for each, and for the log a sum now and then, however many
/// there are.
package final class ConnectionRefusals: Sendable {
    private struct Sum {
        var counts: [String: Int] = [:]
        var last: SourceAddress?
    }

    private let sum = Mutex(Sum())
    private let metrics: any MetricsFactory

    /// - Parameter metrics: where they are counted; the hub's own.
    package init(metrics: any MetricsFactory = MetricsSystem.factory) {
        self.metrics = metrics
    }

    func counter(_ listener: String, _ reason: AdmissionTable.Refusal) -> Counter {
        Counter(
            label: "latchkey_connections_refused_total",
            dimensions: [("listener", listener), ("reason", reason.rawValue)], factory: metrics)
    }

    /// The counter of a listener's accepts that failed, mostly for want of open files.
    func failures(_ listener: String) -> Counter {
        Counter(
            label: "latchkey_accept_failures_total", dimensions: [("listener", listener)], factory: metrics)
    }

    func add(_ listener: String, _ reason: AdmissionTable.Refusal, _ address: SourceAddress?) {
        sum.withLock { sum in
            sum.counts["\(listener) \(reason.rawValue)", default: 0] += 1
            sum.last = address
        }
    }

    /// Writes one line with what came together since the last, if anything did.
    package func log(to logger: Logger) {
        let sum = sum.withLock { sum in
            let taken = sum
            sum = Sum()
            return taken
        }
        guard !sum.counts.isEmpty else { return }
        let counts = sum.counts.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        logger.notice(
            "connections refused",
            metadata: [
                "refused": "\(counts.joined(separator: ", "))", "peer.address": "\(sum.last?.description ?? "local")",
            ])
    }
}
