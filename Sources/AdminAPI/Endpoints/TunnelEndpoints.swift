/// Connections to the tunnel server.
package enum TunnelEndpoints {
    package static let list = AdminEndpoint<NoParameters, NoQuery, NoContent, AdminTunnels>(.get, "tunnels")
    package static let close = AdminEndpoint<NumberText<UInt64>, NoQuery, NoContent, NoContent>(
        .delete, "tunnels/{id}")
    package static let drain = AdminEndpoint<NoParameters, NoQuery, NoContent, AdminTunnelsClosed>(
        .post, "tunnels/drain")
    package static let open = AdminEndpoint<NoParameters, NoQuery, AdminTunnelOpening, AdminTunnelGrant>(
        .post, "tunnels/open")
}

package enum TunnelTokenEndpoints {
    package static let list = AdminEndpoint<NoParameters, TunnelTokenQuery, NoContent, AdminPage<AdminTunnelToken>>(
        .get, "tunnel-tokens")
    package static let issue = AdminEndpoint<NoParameters, NoQuery, AdminTunnelTokenRequest, AdminTunnelToken>(
        .post, "tunnel-tokens", status: 201)
    package static let revoke = AdminEndpoint<String, NoQuery, NoContent, NoContent>(.delete, "tunnel-tokens/{id}")
}

package struct TunnelTokenQuery: EndpointQuery {
    /// Only those about this device.
    package var device: String?

    package static var fields: [QueryField<Self>] { [.text("device", \.device)] }

    package init() {}

    package init(device: String?) { self.device = device }
}
