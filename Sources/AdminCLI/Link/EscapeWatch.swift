/// Finds `~.` at the beginning of a line, with which a person leaves a shell that does not answer any more. `~~` is one
/// `~`. Pure.
struct EscapeWatch {
    private enum State {
        case lineStart
        case tilde
        case inLine
    }

    private var state = State.lineStart

    /// The bytes that go to the device, and whether the person wants to leave.
    mutating func filter(_ bytes: [UInt8]) -> (bytes: [UInt8], leaves: Bool) {
        var kept: [UInt8] = []
        for byte in bytes {
            switch (state, byte) {
            case (.lineStart, UInt8(ascii: "~")): state = .tilde
            case (.tilde, UInt8(ascii: ".")): return (kept, true)
            case (.tilde, UInt8(ascii: "~")):
                kept.append(byte)
                state = .inLine
            default:
                if state == .tilde { kept.append(UInt8(ascii: "~")) }
                kept.append(byte)
                state = byte == 0x0D || byte == 0x0A ? .lineStart : .inLine
            }
        }
        return (kept, false)
    }
}
