internal import Encoding

/// How long the device has been up without an accepted release message (docs/protocols/cosign.md 5, "Freeze"). Counted
/// by the clock that nobody sets, over restarts: whoever withholds messages may set the other one.
struct Silence: Sendable, Equatable {
    /// Seconds of uptime that were counted.
    private(set) var counted: Int64 = 0
    /// The system's start that was counted last, and its uptime then.
    private var bootID = ""
    private var mark: Int64 = 0
    /// When a message was accepted last, Unix seconds as the device believed; `nil` for never.
    private(set) var acceptedAt: Int64?

    init() {}

    init(_ value: JSONValue) {
        counted = max(0, value["seconds"]?.integer ?? 0)
        bootID = value["bootID"]?.string ?? ""
        mark = max(0, value["uptime"]?.integer ?? 0)
        acceptedAt = value["acceptedAt"]?.integer
    }

    var json: JSONValue {
        var members: [JSONValue.Member] = [
            .init("seconds", .number("\(counted)")), .init("bootID", .string(bootID)),
            .init("uptime", .number("\(mark)")),
        ]
        if let acceptedAt { members.append(.init("acceptedAt", .number("\(acceptedAt)"))) }
        return .object(members)
    }

    /// Counts on. Of a start that has ended, what passed after the last count is not known, and left out.
    mutating func count(uptime: Int64, bootID: String) {
        let isFirst = self.bootID.isEmpty
        let passed = bootID == self.bootID ? max(0, uptime - mark) : isFirst ? 0 : max(0, uptime)
        counted = counted.addingReportingOverflow(passed).partialValue
        (self.bootID, mark) = (bootID, uptime)
    }

    /// A message was accepted.
    mutating func end(uptime: Int64, bootID: String, now: Int64) {
        (counted, self.bootID, mark, acceptedAt) = (0, bootID, uptime, now)
    }
}
