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
