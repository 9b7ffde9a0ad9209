internal import Synchronization
internal import Wire

/// How far devices are that report over their links: in memory, since a device tells its percent every half second.
final class LiveProgress: Sendable {
    struct Entry: Sendable, Equatable {
        /// UUID of the deployment; `nil` for an update the hub did not start.
        var deployment: String?
        var state: UpdateFlight.State
        var percent: Int
        /// When it was last written down, Unix seconds.
        var storedAt: Int64
    }

    /// What is to be done with a report.
    enum Verdict: Equatable {
        /// It says nothing new, or less than before.
        case drop
        /// It is known now, and was written down not long ago.
        case keep
        case store
    }

    /// Seconds between two that are written down and say nothing but how far it is, or that the device is alive.
    static let storeSeconds: Int64 = 15
    private let table = Mutex(Table())

    private struct Table {
        var entries: [DeviceID: Entry] = [:]

        mutating func note(_ report: LinkStatus, of device: DeviceID, now: Int64) -> Verdict {
            guard let entry = entries[device] else { return .store }
            let isFresh = (0..<LiveProgress.storeSeconds).contains(now - entry.storedAt)
            // The end of what is under way counts at once: as long as it is, the device is given nothing.
            if !report.state.isBusy { return entry.state.isBusy || !isFresh ? .store : .drop }
            guard entry.deployment != nil else { return isFresh ? .drop : .store }
            if report.state.isBehind(entry.state) { return .store }
            guard report.state == entry.state, let percent = report.progress, percent >= entry.percent else {
                // It goes back, which is not shown, but says that the device is alive.
                return isFresh ? .drop : .store
            }
            guard isFresh else { return .store }
            entries[device]?.percent = percent
            return .keep
        }

        mutating func set(_ entry: Entry?, of device: DeviceID) {
            var new = entry
            if let known = entries[device], known.deployment == new?.deployment, known.state == new?.state {
                new?.percent = max(known.percent, entry?.percent ?? 0)
            }
            entries[device] = new
        }

        mutating func end(_ device: DeviceID) {
            if entries[device]?.deployment != nil { entries[device] = nil }
        }
    }

    /// Takes a report of a device.
    func note(_ report: LinkStatus, of device: DeviceID, now: Int64) -> Verdict {
        table.withLock { $0.note(report, of: device, now: now) }
    }

    /// What is known of a device once it is written down. What was known and not written down is not taken back.
    func set(_ entry: Entry?, of device: DeviceID) {
        table.withLock { $0.set(entry, of: device) }
    }

    /// Forgets the update that the hub sent. When a device last told of one that it began by itself is kept: else each
    /// new connection would let it write another one down.
    func end(_ device: DeviceID) {
        table.withLock { $0.end(device) }
    }

    /// Percent of each device of a deployment.
    func progress(of deployment: String) -> [DeviceID: Int] {
        table.withLock { $0.entries }.filter { $0.value.deployment == deployment }.mapValues(\.percent)
    }

    /// Forgets the devices of a deployment that has ended.
    func forget(deployment: String) {
        table.withLock { table in
            for (device, entry) in table.entries where entry.deployment == deployment { table.entries[device] = nil }
        }
    }
}
