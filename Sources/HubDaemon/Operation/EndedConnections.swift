internal import HubHTTP
internal import HubRuntime
internal import ServiceLifecycle

/// Ends the connections whose certificate has ended: requests, device links and tunnels alike. Looks at the time of day
/// every second, so that a clock that jumps is followed at once.
struct EndedConnections: Service {
    let connections: OpenConnections
    let now: @Sendable () -> Int64

    func run() async throws {
        await Repetition(every: .seconds(1)).run { connections.closeEnded(at: now()) }
    }
}
