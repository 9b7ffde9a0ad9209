package import HubHTTP

/// How a tunnel server behaves: names, times, bounds.
package struct TunnelSettings: Sendable {
    /// What `RemoteProxy.Hello` calls this server.
    package var name = "latchkey"
    /// Release of the server.
    package var version = "0.1.0"
    /// A connection that asks nothing (docs/protocols/tunnel.md A8).
    package var inactiveTimeout: Duration = .seconds(8)
    /// An end whose partner does not come.
    package var aloneTimeout: Duration = .seconds(8)
    /// A check of a token that does not end.
    package var authenticationTimeout: Duration = .seconds(8)
    /// A call that does not end.
    package var jsonRpcTimeout: Duration = .seconds(10)
    /// A TLS handshake that does not end.
    package var handshakeTimeout: Duration = .seconds(5)
    /// A WebSocket upgrade that does not come.
    package var upgradeTimeout: Duration = .seconds(10)
    /// How long after a request its line end may come.
    package var lineEndTimeout: Duration = .milliseconds(250)
    /// A registered server that says nothing (B6).
    package var serverSilence: Duration = .seconds(60)
    /// Pause between the pings of an end over WebSocket.
    package var pingInterval: Duration = .seconds(30)
    /// A client that takes none of its server's data although the server waits for it.
    package var stallTimeout: Duration = .seconds(30)
    /// How long the last words to an end may take.
    package var closeTimeout: Duration = .seconds(2)
    /// How long an end that goes on sending after its last words has to take them.
    package var lingerTimeout: Duration = .milliseconds(200)
    /// How long the last words to all ends may take when the hub stops.
    package var stopTimeout: Duration = .milliseconds(1500)
    /// Over how many seconds connections end that were made under an earlier certificate of the hub; 0: at once.
    package var drainSeconds = 60
    /// Longest WebSocket message in bytes.
    package var messageLimit = 1 << 20
    /// Number of the first connection.
    package var firstNumber: UInt64 = 1
    package var limits = TunnelLimits()

    package init() {}
}

/// Who may open a connection: one count for all ends, whichever listener they come to, and one for monitors.
package struct TunnelAdmission: Sendable {
    package var ends = ListenerAdmission("tunnels", limits: AdmissionLimits(places: 25_000), purpose: .tunnels)
    package var monitors = ListenerAdmission("monitor", limits: AdmissionLimits(places: 256), purpose: .admin)

    package init() {}

    /// Takes what was made elsewhere.
    package init(ends: ListenerAdmission, monitors: ListenerAdmission) {
        self.ends = ends
        self.monitors = monitors
    }
}

/// How much an admitted end may take.
package struct TunnelLimits: Sendable, Equatable {
    /// Connections with one token.
    package var perToken = 32
    /// Connections to one device, and as many of its own servers.
    package var perDevice = 128
    /// Bytes a second that one connection may send through its tunnel; 0: as many as it can.
    package var bytesPerSecond = 0
    /// Bytes queued for an end beyond which its partner is no longer read from. What was read together with them comes
    /// on top; both directions of a tunnel together stay below 1 MB.
    package var queueBytes = 128 * 1024

    package init() {}
}
