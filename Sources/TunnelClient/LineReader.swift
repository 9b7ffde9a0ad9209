/// Takes one line out of what is received; what is behind it stays.
struct LineReader {
    private var bytes: [UInt8] = []

    /// The line without its end, and what follows it; `nil` until it is complete.
    ///
    /// - Throws: ``TunnelFailure/protocolBroken`` when it is too long.
    mutating func take(_ received: [UInt8]) throws(TunnelFailure) -> (line: [UInt8], rest: [UInt8])? {
        bytes += received
        guard let end = bytes.firstIndex(of: 0x0A) else {
            guard bytes.count <= TunnelGreeting.limit else { throw .protocolBroken }
            return nil
        }
        guard end <= TunnelGreeting.limit else { throw .protocolBroken }
        return (Array(bytes[..<end]), Array(bytes[(end + 1)...]))
    }
}
