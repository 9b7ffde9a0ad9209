internal import Wire

/// What a device's report means for the update it was sent (docs/protocols/device-link.md 7.3).
extension LinkStatus {
    /// Bounds of the time by which a device may put an update off, in seconds.
    static let delays: ClosedRange<Int64> = 60...2_592_000

    var state: UpdateFlight.State {
        switch self {
        case .received: .received
        case .started: .started
        case .downloading: .downloading
        case .updating: .updating
        case .completed: .completed
        case .ignored: .ignored
        case .rescheduled: .rescheduled
        case .failed: .failed
        }
    }

    /// Percent, 0 to 100; `nil` where there is none.
    var progress: Int? {
        switch self {
        case .downloading(let percent), .updating(let percent): min(max(percent, 0), 100)
        default: nil
        }
    }

    /// How far the device's part is; `nil` where the hub decides that.
    var status: InstallationStatus? {
        switch self {
        case .received, .started, .downloading: .downloading
        case .updating: .installing
        case .completed: .rebooting
        case .ignored, .rescheduled, .failed: nil
        }
    }

    /// The report for people, of bounded length.
    var text: String {
        switch self {
        case .received: "received"
        case .started(let interface): "started" + (interface.map { " over " + KeptText.of($0, limit: 64) } ?? "")
        case .downloading, .updating: "\(progress ?? 0) %"
        case .completed: "completed"
        case .ignored(let reason): Self.text("ignored", reason)
        case .rescheduled(let seconds, let reason): Self.text("put off by \(seconds / 60) min", reason)
        case .failed(let reason): Self.text("failed", reason)
        }
    }

    private static func text(_ what: String, _ reason: String) -> String {
        reason.isEmpty ? what : what + ": " + KeptText.of(reason, limit: KeptText.reasonLimit)
    }
}
