package import Journal
package import PKI
internal import Wire

/// What the role in a client certificate may be (docs/authorization.md).
package enum PeerRole: String, Sendable, CaseIterable {
    /// No client certificate, or one without a known OU.
    case none
    case iotdevice
    /// A person or an app.
    case client
    /// A broker, a server.
    case service
    /// A trusted service that may register devices.
    case plugin
    /// An operator with every right.
    case admin

    /// Admin wins over plugin, plugin over all others, whatever their order in the subject (docs/protocols/idprov.md
    /// 10).
    init(organizationalUnits: [String]) {
        let order: [PeerRole] = [.admin, .plugin, .service, .client, .iotdevice]
        self = order.first { organizationalUnits.contains($0.rawValue) } ?? .none
    }
}

/// Who is at the other end of a connection, as far as the connection itself proves it.
package struct Peer: Sendable {
    /// Address without port; `local` on a Unix socket.
    package let address: String
    /// Client certificate that chains to an authority of the site; `nil` when none was shown.
    package let certificate: Certificate?
    /// Client certificate that has ended but may still be renewed: gives no role, and no right but that.
    package let endedCertificate: Certificate?
    /// Role of the certificate; none for one that is only good inside a tunnel.
    package let role: PeerRole
    /// User of the process at the other end of a Unix socket.
    package let userID: UInt32?

    package init(
        address: String, certificate: Certificate? = nil, endedCertificate: Certificate? = nil, userID: UInt32? = nil
    ) {
        self.address = address
        self.certificate = certificate
        // Nobody renews a right to enter a device.
        self.endedCertificate = endedCertificate?.isForTunnel == true ? nil : endedCertificate
        self.userID = userID
        role =
            certificate?.isForTunnel == true
            ? .none : PeerRole(organizationalUnits: certificate?.subject.organizationalUnits ?? [])
    }

    /// Whether the connection itself gives it a right: a browser adds a certificate to whatever a page makes it ask.
    package var isProven: Bool { certificate != nil || endedCertificate != nil || userID != nil }

    /// Whether it shows the certificate of this device.
    package func isDevice(_ deviceID: String) -> Bool {
        role == .iotdevice && certificate.map { DeviceID.isSame($0.subject.commonName, deviceID) } ?? false
    }

    /// The peer as the audit trail names it.
    package var requester: Requester {
        if let userID { return Requester(name: "uid \(userID)", address: "local") }
        if let certificate {
            return Requester(name: "\(role.rawValue) \(certificate.subject.commonName)", address: address)
        }
        return Requester(name: "anonymous", address: address)
    }
}
