/// The device's certificate and where its files are.
public struct DeviceCertificate: Sendable, Equatable {
    /// Common name: the device ID.
    public let deviceID: String
    /// Serial number, lower-case hex.
    public let serial: String
    /// Begin of validity, Unix seconds.
    public let notBefore: Int64
    /// End of validity, Unix seconds.
    public let notAfter: Int64
    /// The certificate, PEM.
    public let certificatePEM: String
    /// The CA that issued it and is trusted from now on, PEM.
    public let authorityPEM: String
    /// File of the certificate.
    public let certificatePath: String
    /// File of the private key; nil when the key is kept elsewhere.
    public let keyPath: String?
    /// File of the CA certificate.
    public let authorityPath: String
}

/// What is known about a device without asking the hub.
public struct DeviceStatus: Sendable, Equatable {
    /// The device ID.
    public let deviceID: String
    /// SHA-256 of the public key (SubjectPublicKeyInfo), lower-case hex, as `hubctl device show` prints it; nil before
    /// the key is made.
    public let keyFingerprint: String?
    /// The certificate; nil before provisioning.
    public let certificate: DeviceCertificate?
    /// Unix seconds at which renewal is due; nil before provisioning.
    public let renewalDue: Int64?
    /// The time the device believes in, Unix seconds: its clock, or the hub's where the clock is impossible.
    public let believedTime: Int64
    /// Where the hub was last reached.
    public let hub: String?
    /// Services of the hub when it was last asked: name → URL.
    public let services: [String: String]

    package init(
        deviceID: String, keyFingerprint: String?, certificate: DeviceCertificate?, renewalDue: Int64?,
        believedTime: Int64, hub: String?, services: [String: String]
    ) {
        self.deviceID = deviceID
        self.keyFingerprint = keyFingerprint
        self.certificate = certificate
        self.renewalDue = renewalDue
        self.believedTime = believedTime
        self.hub = hub
        self.services = services
    }

    /// True when the certificate is there and valid at ``believedTime``.
    public var isProvisioned: Bool {
        certificate.map { $0.notBefore <= believedTime && believedTime < $0.notAfter } ?? false
    }
}
