package import Encoding

/// What a device reports of an update (docs/protocols/device-link.md 7.3).
package enum LinkStatus: Sendable, Equatable {
    case received
    /// - Parameter interface: the network interface it is fetched over.
    case started(interface: String?)
    /// Percent.
    case downloading(Int)
    /// Percent.
    case updating(Int)
    case completed
    case ignored(reason: String)
    /// It asks for the update again later.
    case rescheduled(seconds: Int64, reason: String)
    case failed(reason: String)

    /// Reads the payload of `status_update`; `nil` for one that means nothing.
    package init?(status payload: JSONValue) {
        guard let word = payload["status"]?.string else { return nil }
        let reason = KeptText.member("reason", of: payload, limit: KeptText.reasonLimit) ?? ""
        switch word {
        case "received": self = .received
        case "started":
            self = .started(interface: KeptText.member("downloader_network_interface", of: payload, limit: 64))
        case "downloading": self = .downloading(Self.percent(payload["progress"]) ?? 0)
        case "updating": self = .updating(Self.percent(payload["progress"]) ?? 0)
        case "completed": self = .completed
        case "ignored": self = .ignored(reason: reason)
        case "rescheduled":
            self = .rescheduled(seconds: Self.delay(payload["delay_for"]?.integer), reason: reason)
        case "failed": self = .failed(reason: reason)
        case let other where other.lowercased().contains("fwup error"):
            self = .failed(reason: KeptText.of(other, limit: KeptText.reasonLimit))
        default: return nil
        }
    }

    /// Reads the payload of `fwup_progress` or `update_progress`; `nil` for one without a value.
    package init?(progress payload: JSONValue) {
        guard let percent = Self.percent(payload["value"]) else { return nil }
        switch payload["stage"]?.string {
        case "downloading": self = .downloading(percent)
        case nil where percent == 100: self = .completed
        case "updating", nil: self = .updating(percent)
        default: return nil
        }
    }

    private static func percent(_ value: JSONValue?) -> Int? {
        KeptText.number(value).map { Int(min(max($0, 0), 100)) }
    }

    /// Devices send minutes; what is above a week of them is milliseconds, which other clients send.
    private static func delay(_ value: Int64?) -> Int64 {
        guard let value, value > 0 else { return 300 }
        guard value > 10_080 else { return max(value, 5) * 60 }
        return min(max(value / 1000, 300), 604_800)
    }
}
