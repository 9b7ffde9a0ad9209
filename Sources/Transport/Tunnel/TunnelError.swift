/// Why an end of a tunnel did not come to be.
package enum TunnelFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// The proxy refused it, in its own words.
    case refused(String)
    /// The proxy said something the protocol does not know.
    case protocolBroken
    /// The device does not let anybody reach this port.
    case portRefused(Int)
    /// Nobody listens on this port of the device.
    case portClosed(Int)
    /// The other end is not who it must be, or ended before it was.
    case ended

    /// One line.
    package var description: String {
        switch self {
        case .refused(let word): "the tunnel proxy refused: \(word)"
        case .protocolBroken: "the tunnel proxy does not speak the protocol"
        case .portRefused(let port): "the device does not allow port \(port)"
        case .portClosed(let port): "nothing listens on port \(port) of the device"
        case .ended: "the tunnel ended before it was up"
        }
    }
}

/// What two ends of ours say inside their tunnel before it belongs to others: one line each.
///
/// The person's end: `CONNECT 22`. The device's: `OK`, `REFUSED` (not allowed) or `CLOSED` (nobody listens).
enum TunnelGreeting {
    static let limit = 32
    static let accepted = "OK\n"
    static let refused = "REFUSED\n"
    static let closed = "CLOSED\n"

    static func connect(_ port: Int) -> String { "CONNECT \(port)\n" }

    /// The port that is asked for.
    static func port(_ line: [UInt8]) -> Int? {
        let words = String(decoding: line, as: UTF8.self).split(separator: " ")
        guard words.count == 2, words[0] == "CONNECT", let port = Int(words[1]), (1...65_535).contains(port) else {
            return nil
        }
        return port
    }
}

/// Takes one line out of what is received; what stands behind it stays.
struct TunnelLine {
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
