/// What a peer may cost us in time and memory.
package struct TransportLimits: Sendable {
    /// TCP connection and TLS handshake, each.
    package var connect: Duration
    /// One exchange, from the first byte sent to the last byte received; for ``HTTPConnection/send(_:)``.
    package var exchange: Duration
    /// Longest time without any progress while a body is streamed.
    package var idle: Duration
    /// Largest response body that is collected, in bytes.
    package var responseBody: Int
    /// Largest size of all response header lines in bytes.
    package var headerBytes: Int
    /// Largest number of response header lines.
    package var headerLines: Int

    /// Makes limits; the defaults suit a hub on the same network.
    package init(
        connect: Duration = .seconds(10), exchange: Duration = .seconds(30), idle: Duration = .seconds(30),
        responseBody: Int = 1 << 20, headerBytes: Int = 16 << 10, headerLines: Int = 64
    ) {
        self.connect = connect
        self.exchange = exchange
        self.idle = idle
        self.responseBody = responseBody
        self.headerBytes = headerBytes
        self.headerLines = headerLines
    }
}
