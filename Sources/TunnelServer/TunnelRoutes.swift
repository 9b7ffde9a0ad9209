internal import Encoding
internal import HTTPTypes
package import HubHTTP
package import Hummingbird
internal import NIOCore
internal import PKI
package import Reach
internal import Wire

/// What devices ask the HTTPS listener about tunnels: a token for those whose tunnel client can show no certificate.
package struct TunnelRoutes: Sendable {
    private let reach: Reach

    /// Serves devices.
    package init(reach: Reach) {
        self.reach = reach
    }

    package func add(to router: Router<HubContext>) {
        router.group().add(middleware: ErrorAnswers(HubErrorForm())).post("tunnel/token") { _, context in
            try await token(context.peer)
        }
    }

    /// A token that lets the device itself register as a server, or meet somebody who has the same one.
    private func token(_ peer: Peer) async throws -> Response {
        guard peer.role == .iotdevice, let id = peer.certificate?.subject.commonName else {
            throw NoDeviceCertificate()
        }
        let (token, text) = try await reach.fetchTunnelToken(for: id, by: peer.requester)
        let answer = TunnelJSON.object([
            "expiresAt": .string(RFC3339.text(token.expiresAt)),
            "serverUuid": .string(TunnelUUID(bytes: NameUUID.tunnel(of: id))?.braced ?? ""), "token": .string(text),
        ])
        return Response(
            status: .created, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(bytes: TunnelJSON.compact(answer))))
    }
}

/// The caller shows no certificate of a device.
private struct NoDeviceCertificate: RouteError {
    var status: HTTPResponse.Status { .forbidden }
    var code: String { "forbidden" }
    var message: String { "" }
}
