package import Encoding

/// What a device tells of its health (docs/protocols/device-link.md 11.3). What is odd in it is left out, and the rest
/// is taken.
package struct HealthReport: Sendable, Equatable {
    /// A number by its name, such as `cpu_usage_percent`.
    package struct Metric: Sendable, Equatable {
        package let name: String
        /// Finite.
        package let value: Double

        package init(_ name: String, _ value: Double) {
            self.name = name
            self.value = value
        }
    }

    /// What the device looked at by itself.
    package struct Check: Sendable, Equatable {
        package let name: String
        package let isPassed: Bool
        /// May be empty.
        package let note: String

        package init(_ name: String, isPassed: Bool, note: String = "") {
            self.name = name
            self.isPassed = isPassed
            self.note = note
        }
    }

    /// When it was made, by the device's clock, Unix seconds; `nil` when not said.
    package var timestamp: Int64?
    package var metadata: [NamedText] = []
    package var alarms: [NamedText] = []
    package var metrics: [Metric] = []
    package var checks: [Check] = []
    /// What it says of its ways to the network, as it came; an object.
    package var connectivity: JSONValue = .object([])

    /// Most metrics of one report.
    package static let metricLimit = 64
    /// Most alarms, checks and entries of the metadata, each.
    package static let entryLimit = 32
    /// Most bytes of names and texts beside the metrics, all together.
    package static let textLimit = 16384
    /// Most bytes of ``connectivity``; it is left out when it is larger.
    package static let connectivityLimit = 2048

    package init() {}

    /// Reads the payload of `health:report`; `nil` when it holds no report.
    package init?(_ payload: JSONValue) {
        guard let value = payload["value"] else { return nil }
        self.init(value: value)
    }

    /// Reads a report as such, which is how it is stored as well.
    package init?(value: JSONValue) {
        guard value.members != nil else { return nil }
        timestamp = value["timestamp"]?.string.flatMap { text in
            text.utf8.count > 40 ? nil : RFC3339.seconds(Array(text.utf8)[...]).flatMap { $0 >= 0 ? $0 : nil }
        }
        for member in value["metrics"]?.members ?? [] where metrics.count < Self.metricLimit {
            guard let name = KeptText.name(member.name), let number = KeptText.number(member.value) else { continue }
            metrics.append(Metric(name, number))
        }
        var room = Self.textLimit
        checks = Self.checks(value["checks"], &room)
        alarms = Self.texts(value["alarms"], &room)
        metadata = Self.texts(value["metadata"], &room)
        if let connectivity = value["connectivity"], connectivity.members != nil,
            connectivity.encoded().count <= Self.connectivityLimit
        {
            self.connectivity = connectivity
        }
    }

    /// The value of a metric; `nil` when the report has none of that name.
    package func metric(_ name: String) -> Double? {
        metrics.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
    }

    /// The report as ``init(value:)`` reads it.
    package var json: JSONValue {
        var members: [JSONValue.Member] = []
        if let timestamp { members.append(.init("timestamp", .string(RFC3339.text(timestamp)))) }
        members += [
            .init("metadata", .object(metadata.map { .init($0.name, .string($0.text)) })),
            .init("alarms", .object(alarms.map { .init($0.name, .string($0.text)) })),
            .init("metrics", Self.json(metrics)),
            .init(
                "checks",
                .object(
                    checks.map {
                        .init($0.name, .object([.init("pass", .bool($0.isPassed)), .init("note", .string($0.note))]))
                    })),
            .init("connectivity", connectivity),
        ]
        return .object(members)
    }

    /// Metrics as one object.
    package static func json(_ metrics: [Metric]) -> JSONValue {
        .object(metrics.map { .init($0.name, .number(NumberWord.text($0.value))) })
    }

    private static func texts(_ value: JSONValue?, _ room: inout Int) -> [NamedText] {
        var texts: [NamedText] = []
        for member in value?.members ?? [] where texts.count < entryLimit {
            guard let name = KeptText.name(member.name), let text = KeptText.single(member.value),
                name.utf8.count + text.utf8.count <= room
            else { continue }
            room -= name.utf8.count + text.utf8.count
            texts.append(NamedText(name, text))
        }
        return texts
    }

    private static func checks(_ value: JSONValue?, _ room: inout Int) -> [Check] {
        var checks: [Check] = []
        for member in value?.members ?? [] where checks.count < entryLimit {
            let note = KeptText.single(member.value["note"]) ?? ""
            guard let name = KeptText.name(member.name), let isPassed = member.value["pass"]?.bool,
                name.utf8.count + note.utf8.count <= room
            else { continue }
            room -= name.utf8.count + note.utf8.count
            checks.append(Check(name, isPassed: isPassed, note: note))
        }
        return checks
    }
}

/// Numbers as JSON.
enum NumberWord {
    /// The shortest text of a finite number, without a fraction where it is whole.
    static func text(_ number: Double) -> String {
        if let whole = Int64(exactly: number) { return String(whole) }
        return String(number)
    }
}
