package import Wire

/// The tunnel server as administration needs it.
package protocol TunnelControl: Sendable {
    var isOn: Bool { get }
    /// Where the TCP listener of the tunnel proxy is; `nil` when there is none.
    var proxy: TunnelProxyAddress? { get }
    /// Whether the device's agent keeps a connection to the proxy.
    func isConnected(_ device: String) async throws -> Bool
    /// The servers of a device that are connected, oldest first.
    func servers(of device: String) async throws -> [TunnelUUID]
    /// Ends the connection of a number; `false` when there is none.
    func close(_ id: UInt64) async throws -> Bool
    /// Ends all connections in order, and says how many.
    func drain() async throws -> Int
}

package struct TunnelProxyAddress: Sendable, Equatable {
    /// Empty when it is where the hub is.
    package let host: String
    package let port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }
}
