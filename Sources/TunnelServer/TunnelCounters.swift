/// Sums over the life of a server.
struct TunnelCounters {
    var ends = 0
    var tunnels = 0
    /// Bytes ever relayed.
    var relayed = 0
    /// Bytes relayed in the last whole second.
    var throughput = 0
    /// ``relayed`` when the second began.
    private var atLastTick = 0

    /// A second is over.
    mutating func tick() {
        throughput = relayed - atLastTick
        atLastTick = relayed
    }
}
