internal import Registry
internal import TunnelServer

/// Keeps the audit trail of tunnels from being flooded: the first events of a kind in a minute have a line each, the others share one.
///
/// Events are of a kind when action, device, requester and address are the same.
struct TunnelLedger {
    /// Lines of one kind in a minute.
    static let linesPerMinute = 30
    /// Kinds that are told apart in a minute; more share one.
    static let kindLimit = 4096

    /// What the audit trail tells about an event, and what it adds to a sum.
    struct Entry {
        let action: String
        let subject: String
        let requester: Requester
        let detail: KeyValuePairs<String, String>
        var bytesIn = 0
        var bytesOut = 0
    }

    private struct Kind: Hashable {
        let action: String
        let subject: String
        let name: String
        let address: String
    }

    private struct Sum {
        let requester: Requester
        var lines = 0
        var count = 0
        var bytesIn = 0
        var bytesOut = 0
    }

    private var minute: Int64 = 0
    private var sums: [Kind: Sum] = [:]

    /// Nothing yet.
    init() {}

    /// The line for an event; `nil` when it is only counted.
    mutating func line(for entry: Entry) -> TunnelNote? {
        var kind = Kind(
            action: entry.action, subject: entry.subject, name: entry.requester.name, address: entry.requester.address)
        var requester = entry.requester
        if sums[kind] == nil, sums.count >= Self.kindLimit {
            kind = Kind(action: entry.action, subject: "tunnels", name: "", address: "")
            requester = Requester(name: "many", address: "")
        }
        var sum = sums[kind] ?? Sum(requester: requester)
        defer { sums[kind] = sum }
        guard sum.lines < Self.linesPerMinute else {
            sum.count += 1
            sum.bytesIn += entry.bytesIn
            sum.bytesOut += entry.bytesOut
            return nil
        }
        sum.lines += 1
        return TunnelNote(entry.action, entry.subject, by: entry.requester, detail: entry.detail)
    }

    /// The shared lines of a minute that is over.
    ///
    /// - Parameter isLast: whether none will follow, so that the present minute is over too.
    mutating func overdue(now: Int64, isLast: Bool = false) -> [TunnelNote] {
        guard isLast || now / 60 != minute else { return [] }
        minute = now / 60
        defer { sums = [:] }
        return sums.filter { $0.value.count > 0 }.map { kind, sum in
            TunnelNote(
                kind.action, kind.subject, by: sum.requester,
                detail: [
                    "more": "\(sum.count)", "bytesIn": "\(sum.bytesIn)", "bytesOut": "\(sum.bytesOut)",
                ])
        }.sorted { $0.order < $1.order }
    }
}
