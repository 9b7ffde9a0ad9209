package import Encoding

/// The answer of the status call (docs/protocols/idprov.md 8).
package struct StatusResponse: Sendable, Equatable {
    /// The device asked for.
    package var deviceID: String
    /// `approved` when a certificate was issued, else `waiting`, also for unknown devices.
    package var status: ProvisionResponse.Status
    /// CA certificate, plain PEM.
    package var caCert: String
    /// The device's certificate as PEM; base64 of it on the wire, `null` when there is none.
    package var clientCert: String?

    private static let names = ["deviceID", "status", "caCert", "clientCert"]

    package init(deviceID: String, status: ProvisionResponse.Status, caCert: String, clientCert: String?) {
        self.deviceID = deviceID
        self.status = status
        self.caCert = caCert
        self.clientCert = clientCert
    }

    /// Reads an answer; `clientCert` may be base64 of PEM or PEM.
    package init(parsing body: [UInt8]) throws(MessageError) {
        let reader = try MessageReader(body, names: Self.names, limits: .message)
        deviceID = try reader.required(0)
        guard let status = ProvisionResponse.Status(rawValue: try reader.required(1)) else {
            throw .invalidMember("status")
        }
        self.status = status
        caCert = reader.text(2)
        let certificate = reader.text(3)
        clientCert = certificate.isEmpty ? nil : try WrappedPEM.plainPEM(certificate, member: "clientCert")
    }

    /// The body to send.
    package func encoded() -> [UInt8] {
        var writer = JSONWriter(capacity: 256 + caCert.utf8.count + 2 * (clientCert?.utf8.count ?? 0))
        writer.object { writer in
            writer.member("deviceID", deviceID)
            writer.member("status", status.rawValue)
            writer.member("caCert", caCert)
            writer.name("clientCert")
            if let clientCert { writer.string(Base64.encode(Array(clientCert.utf8))) } else { writer.null() }
        }
        return writer.bytes
    }
}
