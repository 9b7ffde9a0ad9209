/// Which of the two protocols a listener speaks.
package enum TunnelService: String, Sendable {
    /// Part A of docs/protocols/tunnel.md.
    case rendezvous
    case proxy
}

/// How a connection came.
package enum TunnelTransport: String, Sendable, CaseIterable {
    case tcp = "TCP"
    case webSocket = "WebSocket"
    case unix
}
