package import Encoding

/// A line of a device's log, from the payload of `logging:send` (docs/protocols/device-link.md 11.3).
package struct LogLine: Sendable, Equatable {
    /// The device's word: `debug`, `info`, `warning`, `error`, …
    package let level: String
    package let message: String
    /// When it was written, by the device's clock, Unix microseconds; `nil` when not said.
    package let time: Int64?

    /// Most lines of one message.
    package static let lineLimit = 100
    /// Longest level that is kept, in bytes.
    package static let levelLimit = 32

    package init(level: String, message: String, time: Int64? = nil) {
        self.level = level
        self.message = message
        self.time = time
    }

    /// Reads one line; `nil` without a message.
    package init?(_ value: JSONValue) {
        guard let message = value["message"]?.string else { return nil }
        let level = KeptText.of(value["level"]?.string ?? "", limit: Self.levelLimit)
        self.init(
            level: level.isEmpty ? "info" : level, message: KeptText.of(message),
            time: Self.time(value["timestamp"]) ?? Self.time(value["meta"]?["time"]))
    }

    /// The lines of a message: one in version 0.0.1, those of `lines` in 0.1.0, of which the first
    /// ``lineLimit`` are taken.
    package static func lines(_ payload: JSONValue) -> [LogLine] {
        guard let elements = payload["lines"]?.array else { return LogLine(payload).map { [$0] } ?? [] }
        return elements.prefix(lineLimit).compactMap(LogLine.init)
    }

    /// The end of the year 9999, in microseconds: no later time has a text.
    private static let lastTime: Int64 = 253_402_300_799_999_999

    /// Microseconds as a number or text, or a time of RFC 3339.
    private static func time(_ value: JSONValue?) -> Int64? {
        microseconds(value).flatMap { (0...lastTime).contains($0) ? $0 : nil }
    }

    private static func microseconds(_ value: JSONValue?) -> Int64? {
        if let number = value?.integer { return number }
        guard let text = value?.string, text.utf8.count <= 40 else { return nil }
        if let number = Int64(text) { return number }
        return RFC3339.seconds(Array(text.utf8)[...]).map { $0 * 1_000_000 + fraction(text) }
    }

    /// Microseconds of the fraction of a time of RFC 3339.
    private static func fraction(_ text: String) -> Int64 {
        guard let point = text.utf8.firstIndex(of: UInt8(ascii: ".")) else { return 0 }
        let digits = text.utf8[point...].dropFirst().prefix { (0x30...0x39).contains($0) }.prefix(6)
        let number = digits.reduce(Int64(0)) { $0 * 10 + Int64($1 - 0x30) }
        return (digits.count..<6).reduce(number) { number, _ in number * 10 }
    }
}
