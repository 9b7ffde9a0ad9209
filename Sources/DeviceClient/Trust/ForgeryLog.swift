internal import Wire

/// Impostors met since the device's own hub was last told. In memory only: a report is best effort.
struct ForgeryLog {
    private var lines: [String] = []

    /// More than these are the same story again.
    private static let limit = 8

    /// Notes an impostor; the same one counts once.
    mutating func note(_ hub: HubCandidate, _ forgery: DeviceError.Forgery) {
        // A name from the network has no fixed length; the whole report must fit.
        let name = String(decoding: hub.name.utf8.prefix(64), as: UTF8.self)
        let line = "\(hub.authority) \(name): \(forgery.rawValue)"
        if lines.count < Self.limit, !lines.contains(line) { lines.append(line) }
    }

    mutating func clear() {
        lines = []
    }

    /// What to tell; `nil` when there is nothing.
    var report: HubReport? {
        lines.isEmpty ? nil : HubReport(kind: .fakeHub, detail: lines.joined(separator: "; "))
    }
}
