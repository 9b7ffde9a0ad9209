internal import Encoding
internal import PKI

/// Id of a message (`jti`) in oneID's form: `001` or `002`, a time, six letters or digits; 29 characters
/// (docs/protocols/cosign.md 2).
package struct MessageID: Hashable, Sendable {
    package let text: String
    /// Unix seconds: in form `002` the end of validity, in form `001` when it was made.
    package let time: Int64
    package let isEnd: Bool

    /// `nil` for text of another form, and for days that no calendar has.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 29, bytes[0] == 0x30, bytes[1] == 0x30, bytes[2] == 0x31 || bytes[2] == 0x32,
            Self.hasShape(bytes[3..<23]), bytes[23...].allSatisfy(Self.isAlphanumeric),
            let seconds = RFC3339.seconds(bytes[3..<23]), seconds >= Self.firstMoment
        else { return nil }
        self.text = text
        time = seconds
        isEnd = bytes[2] == 0x32
    }

    /// A fresh id of form `002`.
    ///
    /// - Parameter end: Unix seconds, of the years 2000 to 9999.
    package static func make(end: Int64) -> MessageID {
        let end = min(max(end, firstMoment), CoSignLimits.lastMoment)
        var tail: [UInt8] = []
        while tail.count < 6 { tail += SecureRandom.bytes(12).filter(isAlphanumeric).prefix(6 - tail.count) }
        let text = "002" + RFC3339.text(end) + String(decoding: tail, as: UTF8.self)
        return MessageID(text: text, time: end, isEnd: true)
    }

    private init(text: String, time: Int64, isEnd: Bool) {
        (self.text, self.time, self.isEnd) = (text, time, isEnd)
    }

    /// 2000-01-01T00:00:00Z.
    private static let firstMoment: Int64 = 946_684_800

    /// `YYYY-MM-DDTHH:MM:SSZ`, and no leap second.
    private static func hasShape(_ time: ArraySlice<UInt8>) -> Bool {
        let shape = Array("0000-00-00T00:00:00Z".utf8)
        let digits = Array(time)
        return zip(digits, shape).allSatisfy { digit, sign in
            sign == 0x30 ? (0x30...0x39).contains(digit) : digit == sign
        } && digits[17] < 0x36
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    package static func == (one: MessageID, other: MessageID) -> Bool { isSame(one.text, other.text) }

    package func hash(into hasher: inout Hasher) { hasher.combine(text) }
}
