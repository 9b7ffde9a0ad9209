/// Finds where the head of a request ends, however it is cut (RFC 9112 section 2.2: an empty line ends it, empty lines
/// before it do not count). Decides nothing about the request: the decoder does.
struct HeadScanner {
    /// A line with content was seen.
    private var hasContent = false
    /// Since the last line feed there was nothing but carriage returns.
    private var isLineEmpty = true

    /// Whether the first byte of a head was seen, and its end was not.
    var isWithinHead: Bool { hasContent || !isLineEmpty }

    /// How many of these bytes belong to the head when it ends among them; the next call then begins a new one.
    mutating func end(in bytes: Span<UInt8>) -> Int? {
        for index in bytes.indices {
            switch bytes[index] {
            case UInt8(ascii: "\n") where isLineEmpty && hasContent:
                self = HeadScanner()
                return index + 1
            case UInt8(ascii: "\n"):
                hasContent = hasContent || !isLineEmpty
                isLineEmpty = true
            case UInt8(ascii: "\r"): break
            default: isLineEmpty = false
            }
        }
        return nil
    }
}
